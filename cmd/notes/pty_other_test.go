//go:build !unix

package main

import "syscall"

// ownTerminal cannot be: there are no such terminals.
func ownTerminal() *syscall.SysProcAttr { return nil }

//go:build unix

package main

import "syscall"

// ownTerminal makes stdin the controlling terminal of the program, so that
// Ctrl-C is for it.
func ownTerminal() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true, Setctty: true} }

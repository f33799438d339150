//go:build !unix

package main

import "os/exec"

// passTerminal cannot be: the command gets pipes.
func (a *app) passTerminal(*exec.Cmd, *transcript) error { return errNoTerminals }

// ownGroup cannot be: the command alone is ended.
func ownGroup(*exec.Cmd) {}

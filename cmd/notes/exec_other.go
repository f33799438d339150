//go:build !unix

package main

import (
	"os"
	"os/exec"
)

// passTerminal cannot be: the command gets pipes.
func (a *app) passTerminal(*exec.Cmd, *transcript) error { return errNoTerminals }

// notifyResize cannot be: the size is the one there was.
func notifyResize(chan<- os.Signal) (stop func()) { return func() {} }

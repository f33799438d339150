//go:build !unix

package main

import "os"

// notifyResize cannot be: there is no signal, and the size is the one there was.
func notifyResize(chan<- os.Signal) (stop func()) { return func() {} }

//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyResize tells when the terminal has another size, until stop is called.
func notifyResize(c chan<- os.Signal) (stop func()) {
	signal.Notify(c, syscall.SIGWINCH)
	return func() { signal.Stop(c) }
}

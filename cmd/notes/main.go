//go:build !man

// Command notes keeps notes on a notesd server from a terminal or a script.
//
// Read run.go first: it runs one command from its arguments to its exit code.
// Each verb has a file of its own; app.go holds what they share.
//
// What the user is told follows these rules:
//
//   - Data goes to stdout and nothing else does; talk goes to stderr.
//   - An error is one line that begins with "notes:", and a second one that
//     begins with "hint:" where there is something to do about it.
//   - What somebody else wrote is escaped before a terminal sees it.
package main

import (
	"context"
	"io"
	"log"
	"os"
)

func main() {
	log.SetOutput(io.Discard) // net/http tells there what no user can use
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}

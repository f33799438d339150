// Command ferretdb is the MongoDB wire server that the tests of the mongo
// engine fall back to: FerretDB with its SQLite backend on a free port of the
// loopback interface.
//
// It prints its URI as one line on stdout and serves until its stdin ends,
// which is when the test process is gone, however it went. Its data lives in the
// directory that it is given, else in a temporary one that it removes. As a
// library FerretDB sends no telemetry, and it needs none of the files its own
// build generates.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	// Ctrl-C reaches the whole process group. Leave it to the tests: their end is
	// ours, and only then is the directory removed.
	signal.Ignore(os.Interrupt)

	if err := run(os.Stdin, os.Stdout, os.Args[1:]); err != nil {
		fmt.Println("ferretdb:", err)
		os.Exit(1)
	}
}

func run(stdin io.Reader, stdout io.Writer, args []string) error {
	if len(args) > 0 {
		return serve(stdin, stdout, args[0])
	}
	dir, err := os.MkdirTemp("", "notes-ferretdb-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return serve(stdin, stdout, dir)
}

func serve(stdin io.Reader, stdout io.Writer, dir string) error {
	f, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.DiscardHandler), // nobody reads it: errors reach the tests as answers
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/?_pragma=synchronous(off)", // the data need not outlive a crash of the system
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, f.MongoDBURI())

	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, stdin)
	}()
	return f.Run(ctx)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/notesd/notesd/pkg/version"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// usageError is what the command line or the configuration got wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run is the whole program but the process: it returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer, getenv func(string) string) int {
	return execute(ctx, newCommand(out, errOut, getenv), args)
}

// execute runs one command and reports its error.
func execute(ctx context.Context, cmd *cobra.Command, args []string) int {
	cmd.SetArgs(args)
	errOut := cmd.ErrOrStderr()
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(errOut, "notesd: %v\n", err)
	if hint, ok := errors.AsType[*hintError](err); ok {
		fmt.Fprintf(errOut, "hint: %s\n", hint.hint)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitError
}

// hintError is an error with what to do about it.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

func newCommand(out, errOut io.Writer, getenv func(string) string) *cobra.Command {
	var c config
	cmd := &cobra.Command{
		Use:   "notesd",
		Short: "Serve notes: an HTTP API and a dashboard over SQLite or MongoDB",
		Long: `Serve notes: an HTTP API and a dashboard over SQLite or MongoDB.

Without flags it serves on http://127.0.0.1:7070 and keeps everything in one
SQLite file below your home. Each flag has a twin in the environment, which it
overrides: --public-url is NOTESD_PUBLIC_URL.`,
		Args:          noArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.complete(cmd.Flags(), getenv); err != nil {
				return err
			}
			if c.printConfig {
				return c.print(out, cmd.Flags(), getenv)
			}
			return serve(cmd.Context(), c, errOut)
		},
	}
	c.register(cmd.Flags(), getenv)
	c.registerServing(cmd.Flags())
	cmd.SetOut(out)
	cmd.SetErr(errOut)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
			return wrongType("--"+e.GetFlag().Name, e.GetFlag(), e.GetValue())
		}
		return usageError{err}
	})
	cmd.AddCommand(newBackup(out, errOut, getenv), newRestoreCommand(out, getenv), newCheck(out, getenv), newCopy(out, errOut, getenv))
	cmd.AddCommand(newUsers(out, errOut, getenv), newRotateKey(out, errOut, getenv))
	cmd.AddCommand(newReady(getenv), &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and Go version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(out, version.Line("notesd"))
			return err
		},
	})
	cmd.Version = version.Version()
	cmd.SetVersionTemplate(version.Line("notesd") + "\n")
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{err}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

// execFlags are the flags of run.
type execFlags struct {
	title string
	tags  []string
	quiet bool
}

func newExec(a *app) *cobra.Command {
	var f execFlags
	cmd := &cobra.Command{
		Use:   "run [--] COMMAND [ARG…]",
		Short: "Run a command and keep its output as a note",
		Long: `Run a command, pass its input and output through, and keep the output as a note,
with the command, its exit code, how long it took, the folder and the host. The
exit code is the command's: 127 when there is no such command, 128 and the
signal's number when a signal ended it.

The note is made when the command has ended, in whatever way; Ctrl-C ends the
command and the note is kept. What it leaves running in the background with its
output is waited for, as in a pipe. When it cannot be saved, its text is kept in a file,
which is named on stderr.

No shell is in between; for pipes and the like name one: notes run sh -c '…'.
When stdin, stdout and stderr are a terminal, the command has one, too (not on
Windows). Of more than 1 MiB of output the beginning and the end are kept. Colours
are left out, and what is no text is escaped.`,
		Example: `  notes run make test
  notes run --tag backup --title "Backup of $(date +%F)" -- restic backup ~
  notes run -q -- sh -c 'df -h | sort'`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			n := api.NewNote{Title: f.title}
			if err := n.Validate(); err != nil { // before the command, not after it
				return usageError{err}
			}
			return a.execute(cmd.Context(), f, words)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows the command is the command's
	flags.StringVar(&f.title, "title", "", "the title, in place of the command")
	flags.VarP((*tagList)(&f.tags), "tag", "t", "give the note this `tag` (may repeat)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "do not tell the note's id")
	must(cmd.RegisterFlagCompletionFunc("tag", a.completeTagFlag))
	return cmd
}

// exitStatus is the exit code of a program in whose place notes stands. There is
// nothing to say about it.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// The exit codes by which a shell says that it could not run a command.
const (
	exitCannotRun  = 126
	exitNoSuchFile = 127
)

// execute runs a command and keeps what it wrote.
func (a *app) execute(ctx context.Context, f execFlags, words []string) error {
	// A reader of stdout that has left ends the command, as it does without us, and
	// not the keeping of the note. To ignore the signal would make the command ignore it.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)

	e := execution{words: words, began: a.now(), output: transcript{limit: maxOutput}}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), words[0], words[1:]...) //nolint:gosec // the user's own command
	err := a.passThrough(cmd, &e.output)
	e.took = a.now().Sub(e.began)
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case ended:
		e.code = exitCodeOf(exit)
	case cmd.ProcessState != nil && cmd.ProcessState.Success(): // and its output could not be passed on
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return startError{err, exitNoSuchFile}
	case err != nil:
		return startError{err, exitCannotRun}
	}
	a.keepExecution(ctx, f, &e)
	if e.code == exitDone {
		return nil
	}
	return told{exitStatus(e.code)}
}

// startError is a command that could not be run.
type startError struct {
	error
	code int
}

func (e startError) Unwrap() error { return e.error }

// exitCodeOf counts as a shell does.
func exitCodeOf(e *exec.ExitError) int {
	if status, ok := e.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return e.ExitCode()
}

// passThrough runs cmd on our own streams and records what it writes. The signals
// that come meanwhile are the command's.
func (a *app) passThrough(cmd *exec.Cmd, t *transcript) error {
	if isTerminal(a.in) && isTerminal(a.out) && isTerminal(a.errOut) {
		if err := a.passTerminal(cmd, t); !errors.Is(err, errNoTerminals) {
			return err
		}
	}
	out, errOut := &stream{t: t}, &stream{t: t}
	defer out.close()
	defer errOut.close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, io.MultiWriter(out, a.out), io.MultiWriter(errOut, a.errOut)
	if err := cmd.Start(); err != nil {
		return err
	}
	if a.onTerminal() {
		return a.foreground(cmd.Wait, passTo(cmd.Process))
	}
	defer a.signalsTo(passTo(cmd.Process))()
	return cmd.Wait()
}

// onTerminal reports whether a terminal sends its Ctrl-C to us, and to what we run.
func (a *app) onTerminal() bool {
	return isTerminal(a.in) || isTerminal(a.out) || isTerminal(a.errOut)
}

// errNoTerminals says that commands cannot be given terminals here.
var errNoTerminals = errors.New("no terminals")

// keepExecution saves the note. The exit code is the command's, whatever becomes
// of the note.
func (a *app) keepExecution(ctx context.Context, f execFlags, e *execution) {
	text := e.text()
	n := api.NewNote{Title: f.title, Body: text, Tags: f.tags}
	if n.Title == "" {
		n.Title = e.title()
	}
	var kept api.Note
	c, err := a.client()
	if err == nil {
		kept, err = c.CreateNote(ctx, n)
	}
	if err == nil {
		if !f.quiet {
			a.say("notes: kept as %s", kept.ID)
		}
		return
	}
	k := keeping{"run", addCommand(addFlags{title: n.Title, tags: f.tags})}
	a.report(a.keepText(afterSignal(ctx, err), k, text), false)
}

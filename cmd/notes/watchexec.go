package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"
)

// runFor runs the command of --exec for one change. That it fails is no reason to
// stop; that it cannot be run is.
func (w *watcher) runFor(ctx context.Context, r changeRecord) error {
	in, err := w.inputOf(ctx, r)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", w.flags.exec) //nolint:gosec // the user's own command
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, w.out, w.errOut
	cmd.Env = append(cmd.Environ(), r.environment()...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if !w.onTerminal() { // which sends Ctrl-C to all that the command has started
		ownGroup(cmd)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = cmd.Wait()
	exit, _ := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case exit != nil && exitCodeOf(exit) == exitInterrupted && w.onTerminal(): // by the Ctrl-C that is for us, too, and still to come
		return told{interrupted{os.Interrupt}}
	case err != nil:
		w.say("notes: %s: the command failed: %v", r, err)
	}
	return nil
}

// inputOf is what the command reads: nothing of a note that is gone.
func (w *watcher) inputOf(ctx context.Context, r changeRecord) (*strings.Reader, error) {
	if w.flags.format.active() {
		var b bytes.Buffer
		p := *w.printer
		p.Writer, p.tty, p.color = &b, false, false
		err := w.flags.format.write(ctx, &p, r)
		return strings.NewReader(b.String()), err
	}
	if r.noteRecord == nil {
		return strings.NewReader(""), nil
	}
	return strings.NewReader(joinText(r.Title, r.Body)), nil
}

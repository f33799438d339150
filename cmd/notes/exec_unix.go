//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// passTerminal runs cmd in a terminal of its own, so that it colours and asks as
// it does without us, and shows it on ours. What is typed goes there, Ctrl-C
// too.
func (a *app) passTerminal(cmd *exec.Cmd, t *transcript) error {
	in, ok := a.in.(*os.File)
	if !ok {
		return errNoTerminals
	}
	control, tty, err := pty.Open()
	if err != nil {
		return errNoTerminals
	}
	defer func() { _ = control.Close() }()
	_ = pty.Setsize(control, sizeOf(in))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	_ = tty.Close()
	if err != nil {
		return err
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	defer func() { _ = term.Restore(int(in.Fd()), state) }()
	defer a.signalsTo(passTo(cmd.Process))()

	resized := make(chan os.Signal, 1)
	defer close(resized)
	defer notifyResize(resized)()
	go func() {
		for range resized {
			_ = pty.Setsize(control, sizeOf(in))
		}
	}()
	go func() { _, _ = io.Copy(control, in) }() // until the program ends: a read of a terminal cannot be ended
	out := &stream{t: t}
	defer out.close()
	_, _ = io.Copy(io.MultiWriter(out, a.out), control) // ends in EIO when nobody has the terminal any more
	return cmd.Wait()
}

// ownGroup makes the end of its context end a command with all that it has started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
}

func sizeOf(f *os.File) *pty.Winsize {
	size, err := pty.GetsizeFull(f)
	if err != nil {
		return &pty.Winsize{Rows: 24, Cols: 80}
	}
	return size
}

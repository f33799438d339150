package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// interrupted is the end that a signal asked for.
type interrupted struct{ signal os.Signal }

func (interrupted) Error() string { return "interrupted" }

// Is makes it what a context says that was ended.
func (interrupted) Is(target error) bool { return target == context.Canceled }

// catchInterrupts returns a context that Ctrl-C ends, or a signal to end, so that
// a command can put the terminal in order and keep the text it holds. A second
// one ends the program at once. It takes a millisecond, so it is called when a
// command begins, and not for --version and --help. It ends with ctx.
func (a *app) catchInterrupts(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as under nohup
			signal.Notify(signals, s)
		}
	}
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				if take := a.running.Load(); take != nil && (*take)(s) {
					continue
				}
				signal.Stop(signals)
				cancel(interrupted{s})
			}
		}
	}()
	return ctx
}

// signalsTo gives the signals that come until done is called to a program that
// runs in the foreground: take reports whether a signal is its own.
func (a *app) signalsTo(take func(os.Signal) bool) (done func()) {
	a.running.Store(&take)
	return func() { a.running.Store(nil) }
}

// foreground waits for the end of a program that has our terminal, which sends
// Ctrl-C to both of us: it is the program's. So is one that gets here after the
// program's end, since it may have brought that about; where one came before, it
// is ours. Of other signals pass reports whether they are the program's.
func (a *app) foreground(wait func() error, pass func(os.Signal) bool) error {
	var interrupted, ended atomic.Bool
	a.signalsTo(func(s os.Signal) bool {
		if s == os.Interrupt || s == syscall.SIGQUIT {
			return !interrupted.Swap(true) || !ended.Load()
		}
		return pass(s)
	})
	defer ended.Store(true)
	return wait()
}

// passTo gives a program the signals that come while it runs.
func passTo(p *os.Process) func(os.Signal) bool {
	return func(s os.Signal) bool { return p.Signal(s) == nil }
}

// ours takes none of the signals.
func ours(os.Signal) bool { return false }

// afterSignal is the error of a command that a signal has ended. Its hint, where
// it has one, tells where the text is; otherwise there is nothing to tell.
func afterSignal(ctx context.Context, err error) error {
	end, ok := errors.AsType[interrupted](context.Cause(ctx))
	if !ok || !errors.Is(err, context.Canceled) {
		return err
	}
	if h, ok := errors.AsType[hinted](err); ok {
		return hinted{end, h.hint}
	}
	return told{end}
}

// await runs f, which cannot be stopped, and leaves it behind when ctx ends.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var zero T
		return zero, context.Cause(ctx)
	}
}

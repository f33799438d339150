package main

import (
	"context"
	"os"
	"os/signal"
)

// catchInterrupts returns a context that Ctrl-C ends, so that a command can put
// the terminal in order and keep the text it holds. A second Ctrl-C ends the
// program at once.
func (a *app) catchInterrupts(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			if !a.editing.Load() { // the terminal sends Ctrl-C to the editor and to us
				signal.Stop(signals)
				cancel()
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
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

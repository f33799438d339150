package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// Several notes are changed by one command: as one operation, so that one undo
// takes all of it back, and a few at a time, so that a thousand take a second.

const (
	bulkAtOnce = 8
	// bulkGrace is how long what has begun may still take when a signal comes.
	bulkGrace = 2 * time.Second
)

// several reports whether these words may name more than one note.
func several(words []string) bool { return len(words) != 1 || words[0] == "-" }

// idWords returns the ids that a command line names, each once. In the place of
// "-" come those on stdin, which are the first field of each line.
func (a *app) idWords(ctx context.Context, words []string) ([]string, error) {
	var ids []string
	for _, word := range words {
		if word != "-" {
			ids = append(ids, word)
			continue
		}
		lines, err := await(ctx, a.idLines)
		if err != nil {
			return nil, err
		}
		ids = append(ids, lines...)
	}
	return distinct(ids), nil
}

func (a *app) idLines() ([]string, error) {
	var ids []string
	lines, read := bufio.NewScanner(a.in), 0
	for ; lines.Scan(); read++ {
		field, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), "\t")
		if field != "" {
			ids = append(ids, field)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, usagef("stdin is no list of ids: line %d is longer than %d KiB", read+1, bufio.MaxScanTokenSize>>10)
	}
	return ids, lines.Err()
}

func distinct(words []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(words, func(w string) bool {
		again := seen[w]
		seen[w] = true
		return again
	})
}

// done is what became of one of the notes.
type done struct {
	note api.Note // with its ID at least
	said string   // what a person is told
	err  error
}

// bulk does the same to several notes.
type bulk struct {
	app    *app
	format *format
	do     func(ctx context.Context, c *client.Client, arg string) done

	total, tried, count int
	last                api.Note // the last one that was done
	first               error    // the first failure about a note, which the user has read
	end                 error    // what ended it before all were tried
	hint                string   // the last one given
}

// run changes the notes and tells of each in their order. One that fails keeps
// none of the others from being done, unless they would all fail the same way:
// the server is away, or refuses the login. The error is the first there was.
func (b *bulk) run(ctx context.Context, args []string) error {
	c, err := b.app.client()
	if err != nil {
		return err
	}
	b.total = len(args)
	if b.total == 0 && !b.format.active() {
		b.app.say("there are no ids on stdin; nothing was done")
	}
	if b.format.active() {
		err = writeList(ctx, b.format, b.app.printer(), func(yield func(noteRecord, error) bool) {
			b.each(ctx, c, args, func(n api.Note) bool { return yield(recordOf(n), nil) })
		})
	} else {
		b.each(ctx, c, args, func(api.Note) bool { return true })
	}
	return cmp.Or(err, b.result(ctx))
}

// each changes the notes and yields those that were done.
func (b *bulk) each(ctx context.Context, c *client.Client, args []string, yield func(api.Note) bool) {
	feed, stop := context.WithCancel(ctx)
	defer stop()
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	grace := bulkGrace
	if b.total == 1 {
		grace = 0
	}
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	for d := range inOrder(feed, args, func(arg string) done { return b.do(late, c, arg) }) {
		b.tried++
		switch {
		case d.err == nil:
			b.count++
			b.last = d.note
			if !b.format.active() {
				b.app.say("%s", d.said)
			}
			if !yield(d.note) {
				return
			}
		case aboutOne(d.err):
			b.failed(d.err)
		default:
			stop()
			b.end = cmp.Or(b.end, d.err)
		}
	}
}

// inOrder calls do for each of words, a few at a time, and yields what comes of
// it in their order, until ctx ends: then of what has begun.
func inOrder(ctx context.Context, words []string, do func(string) done) iter.Seq[done] {
	return func(yield func(done) bool) {
		queue := make(chan chan done, bulkAtOnce-1)
		go func() {
			defer close(queue)
			for _, word := range words {
				if ctx.Err() != nil {
					return
				}
				result := make(chan done, 1)
				select {
				case <-ctx.Done():
					return
				case queue <- result:
					go func() { result <- do(word) }()
				}
			}
		}()
		for result := range queue {
			if !yield(<-result) {
				return
			}
		}
	}
}

// aboutOne reports whether an error is about one note, and so tells nothing of
// the others.
func aboutOne(err error) bool {
	if _, ok := errors.AsType[*ambiguousError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*api.Error](err); !ok {
		return false
	}
	switch api.ErrorCode(err) {
	case api.CodeUnauthorized, api.CodeForbidden, api.CodeRateLimited, api.CodeUnavailable:
		return false
	}
	return true
}

// failed reports a failure about one note. People read the same hint once.
func (b *bulk) failed(err error) {
	b.first = cmp.Or(b.first, error(told{err}))
	hint := b.app.hintFor(err)
	if hint == b.hint && !b.format.active() {
		err = hinted{err, ""}
	}
	b.hint = hint
	b.app.report(err, b.format.active())
}

// result is the error of it all.
func (b *bulk) result(ctx context.Context) error {
	so := fmt.Sprintf("%d of %s are done", b.count, countNotes(b.total))
	switch {
	case b.total == 1:
	case ctx.Err() != nil && (b.end != nil || b.tried < b.total):
		return hinted{context.Canceled, so}
	case b.end != nil:
		b.end = fmt.Errorf("%w; %s", b.end, so)
	}
	if b.first != nil && b.end != nil {
		b.app.report(b.end, b.format.active())
		return b.first
	}
	return cmp.Or(b.first, b.end)
}

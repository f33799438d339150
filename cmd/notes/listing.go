package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// listing is a list of notes on its way from the server to the printer. It goes
// page by page: what is piped is written when its page has come, and not kept.
type listing struct {
	options api.ListOptions
	limit   int // notes at most; 0: a screenful on a terminal, else all
	format  *format

	columns []string
	shrink  int // the column that is cut where a terminal is too narrow
	row     func(*table, api.Summary) []cell
	lines   int    // that a note takes on a terminal; 0: one
	more    string // the command that shows more, with a verb for how many
	none    string // what a person is told where there are none
}

// list prints notes as a table, or as --json says.
func (a *app) list(ctx context.Context, l listing) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	p := a.printer()
	l.options.Limit = api.MaxPage
	switch {
	case l.limit > 0:
		l.options.Limit = min(l.limit, api.MaxPage)
	case p.tty && !l.format.active():
		l.limit = max((p.height-3)/max(l.lines, 1), 5) // less the header, the prompt and the line that says there is more
		l.options.Limit = min(l.limit+1, api.MaxPage)
	}
	if l.format.active() {
		bodies := slices.Contains(l.format.JSON, "body")
		return writeList(ctx, l.format, p, firstOf(records(ctx, c, l.options, bodies), l.limit))
	}
	if l.limit*max(l.lines, 1) < p.height {
		return a.listTable(ctx, c, l, p)
	}
	return p.page(a.lookupenv, func(w io.Writer) error {
		paged := *p
		paged.Writer = w
		return a.listTable(ctx, c, l, &paged)
	})
}

func (a *app) listTable(ctx context.Context, c *client.Client, l listing, p *printer) error {
	l.options.Prefix = p.tty
	t := newTable(p, l.columns...)
	t.shrink = l.shrink
	n, more := 0, false
	for s, err := range c.AllSummaries(ctx, l.options) {
		if err != nil {
			return errors.Join(t.flush(), err)
		}
		if more = n == l.limit && n > 0; more {
			break
		}
		if err := t.row(l.row(t, s)...); err != nil {
			return err
		}
		if n++; n == l.limit && (n == l.options.Limit || !p.tty) {
			break // without a page more, only to see that there is one
		}
		if n%l.options.Limit == 0 {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	switch {
	case more:
		a.say("there are more: "+l.more, 4*l.limit)
	case n == 0 && p.tty:
		a.say("%s", l.none)
	}
	return nil
}

// noteColumns are what a list shows of each note, and noteRow is that.
var noteColumns = []string{"id", "title", "tags", "marks", "updated"}

func noteRow(t *table, s api.Summary) []cell {
	title := textCell(s.Title, plain)
	if s.Title == "" {
		title = cell{text: s.Excerpt, style: dim}
	}
	return []cell{
		idCell(s.ID, len(s.Prefix)),
		title,
		textCell(strings.Join(s.Tags, ","), green),
		textCell(strings.Join(markWords(s.NoteMeta), ","), yellow),
		t.timeCell(s.UpdatedAt.Time),
	}
}

// records lists notes as --json sees them, with their bodies only when these
// are asked for.
func records(ctx context.Context, c *client.Client, o api.ListOptions, bodies bool) iter.Seq2[noteRecord, error] {
	return func(yield func(noteRecord, error) bool) {
		if bodies {
			for n, err := range c.AllNotes(ctx, o) {
				if !yield(recordOf(n), err) {
					return
				}
			}
			return
		}
		for s, err := range c.AllSummaries(ctx, o) {
			if !yield(noteRecord{api.Note{NoteMeta: s.NoteMeta}, s.Excerpt}, err) {
				return
			}
		}
	}
}

// firstOf yields no more than limit of a list, where there is a limit.
func firstOf[T any](list iter.Seq2[T, error], limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		n := 0
		for v, err := range list {
			if n++; !yield(v, err) || n == limit {
				return
			}
		}
	}
}

// writeList writes the structs of a list as f says, each as it comes, unless
// --jq or --template must have seen all of them. Where the list ends in an error
// the JSON has no end either, so that nobody takes a part for all.
func writeList[T any](ctx context.Context, f *format, p *printer, list iter.Seq2[T, error]) error {
	if f.query != nil || f.template != nil {
		all := []T{}
		for v, err := range list {
			if err != nil {
				return err
			}
			all = append(all, v)
		}
		return f.write(ctx, p, all)
	}
	begin, between, end := "[", ",", "]\n"
	if p.tty {
		begin, between, end = "[\n  ", ",\n  ", "\n]\n"
	}
	out, next := bufio.NewWriter(p), begin
	for v, err := range list {
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
		text, err := f.element(p, v)
		if err != nil {
			return err
		}
		if _, err := out.WriteString(next + text); err != nil {
			return err
		}
		next = between
	}
	if next == begin {
		end = "[]\n"
	}
	_, _ = out.WriteString(end) // Flush has its error
	return out.Flush()
}

// element is one struct of a JSON list.
func (f *format) element(p *printer, v any) (string, error) {
	data, err := selectMembers(v, f.JSON)
	if err != nil || !p.tty {
		return string(data), err
	}
	var b bytes.Buffer
	err = json.Indent(&b, bytes.ReplaceAll(data, []byte{0x7f}, []byte(`\u007f`)), "  ", "  ")
	return sanitize(b.String()), err
}

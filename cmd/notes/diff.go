package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// parseDiff reads N or N..M.
func parseDiff(s string) ([]int64, error) {
	from, to, two := strings.Cut(s, "..")
	if !two {
		return parseRevisions([]string{from})
	}
	return parseRevisions([]string{from, to})
}

// showDiff shows what has changed from one revision to another, or to the
// present text where there is no other.
func (a *app) showDiff(ctx context.Context, c *client.Client, id string, revisions []int64) error {
	old, err := c.Revision(ctx, id, revisions[0])
	if err != nil {
		return err
	}
	var now api.RevisionText
	if len(revisions) > 1 {
		now, err = c.Revision(ctx, id, revisions[1])
	} else {
		now, err = presentText(ctx, c, id)
	}
	if err != nil {
		return err
	}
	p := a.printer()
	diff := diffOf(id, old, now)
	if diff == "" && p.tty {
		a.say("nothing has changed")
	}
	if !p.tty {
		_, err := io.WriteString(p, p.paintDiff(diff))
		return err
	}
	return p.page(a.lookupenv, func(w io.Writer) error {
		_, err := io.WriteString(w, p.paintDiff(diff))
		return err
	})
}

func presentText(ctx context.Context, c *client.Client, id string) (api.RevisionText, error) {
	n, err := c.Note(ctx, id)
	return api.RevisionText{Body: n.Body, Revision: api.Revision{
		Number: n.Revision, Title: n.Title, Tags: n.Tags, UpdatedAt: n.UpdatedAt,
	}}, err
}

// diffOf is the unified diff of two texts as "notes show" writes them. Where
// their tags differ, too, these stand in a line under the title.
func diffOf(id string, old, now api.RevisionText) string {
	tags := !slices.Equal(old.Tags, now.Tags)
	text := func(r api.RevisionText) string {
		text := joinText(r.Title, "")
		if tags {
			text += strings.TrimSpace("tags: "+strings.Join(r.Tags, " ")) + "\n"
		}
		if r.Body != "" {
			text += "\n" + r.Body
		}
		return text
	}
	name := func(r api.RevisionText) string { return fmt.Sprintf("%s revision %d\t%s", id, r.Number, r.UpdatedAt) }
	return udiff.Unified(name(old), name(now), text(old), text(now))
}

// paintDiff is a diff as the printer can show it: for a terminal without what
// could control it, with colours where these are wanted, else as it is.
func (p *printer) paintDiff(diff string) string {
	if !p.tty && !p.color {
		return diff
	}
	var b strings.Builder
	number := 0
	for line := range strings.Lines(diff) {
		line = strings.TrimSuffix(line, "\n")
		style := diffStyle(number, line)
		if style == plain {
			line = strings.TrimSuffix(line, "\r") // which matters where it has changed
		}
		if p.tty {
			line = sanitize(line)
		}
		b.WriteString(p.paint(style, line) + "\n")
		number++
	}
	return b.String()
}

// diffStyle is what a line of a diff looks like. The first two name the texts.
func diffStyle(number int, line string) style {
	switch {
	case number < 2:
		return bold
	case strings.HasPrefix(line, "@@"):
		return cyan
	case strings.HasPrefix(line, "-"):
		return red
	case strings.HasPrefix(line, "+"):
		return green
	}
	return plain
}

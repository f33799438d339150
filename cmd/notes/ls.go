package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// listFlags are the flags of ls.
type listFlags struct {
	limit  int
	tags   []string
	state  string
	sort   string
	order  string
	pinned bool
	format format
}

func newList(a *app) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List notes",
		Long: `List notes, those saved last first: a screenful on a terminal, all of them when
the output is piped. See "notes help formatting" for what a script gets.`,
		Example: `  notes ls
  notes ls -n 100 --tag home
  notes ls --state trashed
  notes ls --json id,title --jq '.[].title'`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	addLimit(flags, &f.limit)
	flags.VarP((*tagList)(&f.tags), "tag", "t", "list only notes with this `tag` (may repeat: with all of them)")
	flags.BoolVar(&f.pinned, "pinned", false, "list only pinned notes")
	addChoice(cmd, flags, &f.state, "state", "active", "list notes in this `state`: active, archived, trashed or all", "active", "archived", "trashed", "all")
	addChoice(cmd, flags, &f.sort, "sort", "updated", "order by `key`: updated, created or title", "updated", "created", "title")
	addChoice(cmd, flags, &f.order, "order", "", "`direction`: asc or desc (times descend and titles ascend unless told)", "asc", "desc")
	addFormatFlags(cmd, &f.format, noteFields)
	return cmd
}

// addLimit adds -n. Its zero value is no limit, and cannot be asked for.
func addLimit(flags *pflag.FlagSet, limit *int) {
	flags.VarP((*count)(limit), "limit", "n", "list `n` notes at most")
}

// count is a flag for a number from 1 on.
type count int

func (c *count) String() string { return "" }
func (c *count) Type() string   { return "int" }

func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("it is a number from 1 on")
	}
	*c = count(n)
	return nil
}

func (a *app) list(ctx context.Context, f listFlags) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	o := api.ListOptions{
		State: api.State(f.state), Tags: f.tags, Sort: api.Sort(f.sort), Order: api.Order(f.order), Limit: api.MaxPage,
	}
	if f.pinned {
		o.Pinned = new(true)
	}
	p := a.printer()
	switch {
	case f.limit > 0:
		o.Limit = min(f.limit, api.MaxPage)
	case p.tty && !f.format.active():
		f.limit = max(p.height-3, 5) // less the header, the prompt and the line that says there is more
		o.Limit = min(f.limit+1, api.MaxPage)
	}
	if f.format.active() {
		return a.listJSON(ctx, c, o, f, p)
	}
	if f.limit < p.height {
		return a.listTable(ctx, c, o, f, p)
	}
	return p.page(a.lookupenv, func(w io.Writer) error {
		paged := *p
		paged.Writer = w
		return a.listTable(ctx, c, o, f, &paged)
	})
}

func (a *app) listJSON(ctx context.Context, c *client.Client, o api.ListOptions, f listFlags, p *printer) error {
	found := []noteRecord{}
	for r, err := range records(ctx, c, o, slices.Contains(f.format.JSON, "body")) {
		if err != nil {
			return err
		}
		found = append(found, r)
		if len(found) == f.limit {
			break
		}
	}
	return f.format.write(ctx, p, found)
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

func (a *app) listTable(ctx context.Context, c *client.Client, o api.ListOptions, f listFlags, p *printer) error {
	o.Prefix = p.tty
	t := newTable(p, "id", "title", "tags", "marks", "updated")
	t.shrink = 1
	n, more := 0, false
	for s, err := range c.AllSummaries(ctx, o) {
		if err != nil {
			return errors.Join(t.flush(), err)
		}
		if more = n == f.limit && n > 0; more {
			break
		}
		if err := t.row(summaryRow(t, s)...); err != nil {
			return err
		}
		if n++; n == f.limit && n == o.Limit {
			break // without a page more, only to see that there is one
		}
		if n%api.MaxPage == 0 && !p.tty {
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
		a.say("there are more: notes ls -n %d", 4*f.limit)
	case n == 0 && p.tty:
		a.say("no notes here; add one with: notes add Buy milk")
	}
	return nil
}

func summaryRow(t *table, s api.Summary) []cell {
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

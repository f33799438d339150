package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// revisionFields are what --json offers of a revision.
var revisionFields = []string{"revision", "title", "body", "tags", "size", "updated_at", "replaced_at", "replaced_by", "operation"}

func newHistory(a *app) *cobra.Command {
	var f format
	var diff string
	cmd := &cobra.Command{
		Use:   "history ID [REVISION]",
		Short: "Show the texts that a note had",
		Long: `List the texts that a note had, the present one first, or show one of them as
"notes show" would. "notes revert" brings one back.

Saves by one login within five minutes of each other keep one text. The last 100
are kept, until the note is deleted for good.

--diff N shows what has changed since revision N: lines with - are in its text,
lines with + in the present one. --diff N..M compares two of the past.`,
		Example: `  notes history k3
  notes history k3 7
  notes history k3 --diff 7
  notes history k3 --diff 4..7`,
		Args: args(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			var err error
			var wanted []int64
			compare := cmd.Flags().Changed("diff")
			switch {
			case compare && len(words) > 1:
				return usagef("--diff names the revisions itself: leave %q out", words[1])
			case compare:
				wanted, err = parseDiff(diff)
			case len(words) > 1:
				wanted, err = parseRevisions(words[1:])
			}
			if err != nil {
				return err
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			id, err := noteID(ctx, c, words[0])
			if err != nil {
				return err
			}
			switch {
			case compare:
				err = a.showDiff(ctx, c, id, wanted)
			case len(wanted) > 0:
				err = a.showRevision(ctx, c, id, wanted[0], &f)
			default:
				err = a.listRevisions(ctx, c, id, &f)
			}
			return aboutRevision(words[0], err)
		},
		ValidArgsFunction: a.completeRevisions,
	}
	cmd.Flags().StringVar(&diff, "diff", "", "show what has changed since this `revision`, or between two (N..M)")
	must(cmd.RegisterFlagCompletionFunc("diff", func(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(words) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.completeRevisions(cmd, words[:1], begun)
	}))
	addFormatFlags(cmd, &f, revisionFields)
	cmd.MarkFlagsMutuallyExclusive("diff", "json")
	return cmd
}

// parseRevisions reads numbers of revisions.
func parseRevisions(words []string) ([]int64, error) {
	numbers := make([]int64, len(words))
	for i, word := range words {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n < 1 {
			return nil, withHint(usagef("a revision is a number from 1 on, not %q", word), "see them with: notes history ID")
		}
		numbers[i] = n
	}
	return numbers, nil
}

// aboutRevision says which note an error is about, and where to see its
// revisions when it is one of those that is absent.
func aboutRevision(arg string, err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.CodeNotFound && e.Field == "revision" {
		err = withHint(err, "see its revisions with: notes history %s", arg)
	}
	return aboutNote(arg, err)
}

func (a *app) listRevisions(ctx context.Context, c *client.Client, id string, f *format) error {
	list, err := c.ListRevisions(ctx, id)
	if err != nil {
		return err
	}
	p := a.printer()
	if f.active() {
		texts := make([]api.RevisionText, len(list))
		for i, r := range list {
			texts[i].Revision = r
			if slices.Contains(f.JSON, "body") {
				if texts[i], err = c.Revision(ctx, id, r.Number); err != nil {
					return err
				}
			}
		}
		return f.write(ctx, p, texts)
	}
	if len(list) < p.height-2 {
		return writeRevisions(p, list)
	}
	return p.page(a.lookupenv, func(w io.Writer) error {
		paged := *p
		paged.Writer = w
		return writeRevisions(&paged, list)
	})
}

func writeRevisions(p *printer, list []api.Revision) error {
	t := newTable(p, "revision", "saved", "", "size", "title", "replaced by", "")
	t.shrink = 4
	for _, r := range list {
		row := []cell{
			textCell(strconv.FormatInt(r.Number, 10), cyan),
			{text: r.UpdatedAt.In(p.now().Location()).Format("2006-01-02 15:04"), raw: r.UpdatedAt.String()},
			t.agoCell(r.UpdatedAt.Time),
			{text: sizeText(r.Size), raw: strconv.Itoa(r.Size)},
			textCell(r.Title, plain),
			textCell(string(r.ReplacedBy), green),
			{text: "(present)", style: dim},
		}
		if r.ReplacedAt != nil {
			row[6] = t.timeCell(r.ReplacedAt.Time)
		}
		if !p.tty {
			row = slices.Delete(row, 2, 3) // a program has the time itself
		}
		if err := t.row(row...); err != nil {
			return err
		}
	}
	return t.flush()
}

// agoCell is a timeCell beside the time itself.
func (t *table) agoCell(at time.Time) cell {
	c := t.timeCell(at)
	c.raw = ""
	return c
}

// sizeText is a number of bytes for a person.
func sizeText(bytes int) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}

// showRevision shows a text of the past as "notes show" shows a note.
func (a *app) showRevision(ctx context.Context, c *client.Client, id string, revision int64, f *format) error {
	r, err := c.Revision(ctx, id, revision)
	if err != nil {
		return err
	}
	p := a.printer()
	if f.active() {
		return f.write(ctx, p, r)
	}
	if !p.tty {
		_, err = io.WriteString(a.out, joinText(r.Title, r.Body))
		return err
	}
	n := api.Note{Body: r.Body, NoteMeta: api.NoteMeta{ID: id, Title: r.Title, Tags: r.Tags, UpdatedAt: r.UpdatedAt}}
	return p.page(a.lookupenv, func(w io.Writer) error { return renderNote(w, p, n) })
}

// completeRevisions offers the notes, and for the second word the revisions of
// the first.
func (a *app) completeRevisions(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(words) == 0 {
		return a.completeIDs()(cmd, words, begun)
	}
	if len(words) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list := complete(a, cmd, func(ctx context.Context, c *client.Client) ([]api.Revision, error) {
		id, err := noteID(ctx, c, words[0])
		if err != nil {
			return nil, err
		}
		return c.ListRevisions(ctx, id)
	})
	var offers []cobra.Completion
	for _, r := range list {
		if number := strconv.FormatInt(r.Number, 10); r.ReplacedAt != nil && strings.HasPrefix(number, begun) {
			saved := relativeTime(a.now(), r.UpdatedAt.Time)
			offers = append(offers, cobra.CompletionWithDesc(number, saved+", "+titleOf(api.NoteMeta{Title: r.Title})))
		}
	}
	return offers, keepOrder
}

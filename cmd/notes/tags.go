package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

// tagFields are what --json offers of a tag.
var tagFields = []string{"tag", "count"}

func newTags(a *app) *cobra.Command { return newTagList(a, "tags") }

func newTagList(a *app, use string) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   use,
		Short: "List the tags, and how many notes have each",
		Long:  `List the tags of the notes that are not in the trash, and how many have each.`,
		Example: `  notes tags
  notes tags --json tag,count --jq '.[]|select(.count==1).tag'`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listTags(cmd.Context(), &f) },
	}
	addFormatFlags(cmd, &f, tagFields)
	return cmd
}

func (a *app) listTags(ctx context.Context, f *format) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	tags, err := c.ListTags(ctx)
	if err != nil {
		return err
	}
	p := a.printer()
	if f.active() {
		return f.write(ctx, p, tags)
	}
	t := newTable(p, "tag", "notes")
	for _, v := range tags {
		if err := t.row(textCell(v.Tag, green), textCell(strconv.Itoa(v.Count), plain)); err != nil {
			return err
		}
	}
	if len(tags) == 0 && p.tty {
		a.say("no tags yet; add one with: notes tag add TAG ID")
	}
	return t.flush()
}

// countNotes says how many notes there are.
func countNotes(n int) string {
	if n == 1 {
		return "1 note"
	}
	return fmt.Sprintf("%d notes", n)
}

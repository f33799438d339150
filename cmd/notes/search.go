package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

// searchFields are what --json offers of a note that was found.
var searchFields = append(slices.Clone(noteFields), "match")

func newSearch(a *app) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "search QUERY…",
		Short: "Find notes by what they say",
		Long: `Find notes by what they say: by words in title, body and tags, without case and
accents, in every script. A word is found by how it begins; all must be there.

  "fresh milk"           these words, one behind the other (quote it for the shell, too)
  -milk                  without exactly this word; also -"fresh milk" and -tag:food
  tag:food               with this tag
  is:pinned              also is:archived and is:trashed, which are looked for there
  after:2026-01-31       saved on that day (in UTC) or later
  before:2026-01-31      saved before it

Notes whose title is the query come first, then those with all words in title and
tags, then the others, in each the last saved first. On a terminal the line with
the first match stands under each note. See "notes help formatting" for what a
script gets; nothing found is no error.

A word that begins with one hyphen is left out, unless it is a flag: for words
that are one, write -- before the query.`,
		Example: `  notes search milk
  notes search '"fresh milk"' -oat tag:shop
  notes search -n 5 is:pinned after:2026
  notes search old | cut -f1 | notes update --archive -`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			o, err := f.options(a.now())
			if err != nil {
				return err
			}
			if o.Query = strings.TrimSpace(strings.Join(words, " ")); o.Query == "" {
				return usagef("there is nothing to search for")
			}
			return a.list(cmd.Context(), listing{
				options: o, limit: f.limit, format: &f.format, columns: noteColumns, shrink: 1, row: foundRow, lines: 2,
				more: "add -n %d", none: "no notes match; --all looks in the archive and the trash, too",
			})
		},
		ValidArgsFunction: a.completeQuery,
	}
	flags := cmd.Flags()
	addLimit(flags, &f.limit)
	addFilterFlags(cmd, a, &f.filterFlags)
	addFormatFlags(cmd, &f.format, searchFields)
	return cmd
}

// foundRow is what a list shows of a note that was found. A program sees the
// matching line in one more column, a person under the note.
func foundRow(t *table, s api.Summary) []cell {
	row := noteRow(t, s)
	if s.Match == nil {
		return row
	}
	if len(s.Match.Title) > 0 {
		row[1] = markedCell(s.Title, s.Match.Title, plain)
	}
	if len(s.Match.Ranges) == 0 {
		return append(row, cell{})
	}
	return append(row, markedCell(s.Match.Excerpt, s.Match.Ranges, plain))
}

// completeQuery offers the tags and the states that a query can name.
func (a *app) completeQuery(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	minus := begun[:len(begun)-len(strings.TrimPrefix(begun, "-"))]
	switch name, _, _ := strings.Cut(begun[len(minus):], ":"); name {
	case "tag":
		return a.offerTags(cmd, minus+"tag:", nil), keepOrder
	case "is":
		return []cobra.Completion{minus + "is:pinned", "is:archived", "is:trashed"}, keepOrder
	}
	return []cobra.Completion{"tag:", "is:", "after:", "before:"}, keepOrder | cobra.ShellCompDirectiveNoSpace
}

// queryWords lets a query have words that begin with a hyphen: behind "search" it
// puts all that is no flag behind "--". A flag of one letter stands alone there,
// or with a number: -tea is a word without which notes are looked for, not -t ea.
func queryWords(root *cobra.Command, args []string) []string {
	at := commandWord(root, args)
	if at == len(args) {
		return args
	}
	cmd, _, err := root.Find(args[at : at+1])
	if err != nil || cmd.Name() != "search" {
		return args
	}
	flags, words := slices.Clone(args[:at+1]), []string{"--"}
	for i := at + 1; i < len(args); i++ {
		takesValue, isFlag := flagOf(cmd, args[i])
		switch {
		case args[i] == "--":
			words = append(words, args[i+1:]...)
			return append(flags, words...)
		case !isFlag:
			words = append(words, args[i])
			continue
		}
		flags = append(flags, args[i])
		if takesValue && i+1 < len(args) {
			i++
			flags = append(flags, args[i])
		}
	}
	return append(flags, words...)
}

// flagOf reports whether an argument is a flag, known or not, and whether the next
// one is its value.
func flagOf(cmd *cobra.Command, arg string) (takesValue, isFlag bool) {
	if name, long := strings.CutPrefix(arg, "--"); long {
		f := cmd.Flag(name)
		return f != nil && f.NoOptDefVal == "", true
	}
	name, short := strings.CutPrefix(arg, "-")
	if !short || name == "" {
		return false, false
	}
	f := cmd.Flags().ShorthandLookup(name[:1])
	switch {
	case name == "h":
		return false, true
	case f == nil:
		return false, false
	case len(name) == 1:
		return f.NoOptDefVal == "", true
	}
	return false, f.Value.Type() == "int" && strings.Trim(name[1:], "0123456789") == ""
}

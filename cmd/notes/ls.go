package main

import (
	"errors"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/notesd/notesd/pkg/api"
)

// listFlags are the flags of ls.
type listFlags struct {
	filterFlags
	limit  int
	sort   string
	order  string
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
  notes ls --since 7d --pinned
  notes ls --since 2026-01-01 --before 2026-02-01 --all
  notes ls --json id,title --jq '.[].title'`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := f.options(a.now())
			if err != nil {
				return err
			}
			o.Sort, o.Order = api.Sort(f.sort), api.Order(f.order)
			return a.list(cmd.Context(), listing{
				options: o, limit: f.limit, format: &f.format, columns: noteColumns, shrink: 1, row: noteRow,
				more: "notes ls -n %d", none: "no notes here; add one with: notes add Buy milk",
			})
		},
	}
	flags := cmd.Flags()
	addLimit(flags, &f.limit)
	addFilterFlags(cmd, a, &f.filterFlags)
	addChoice(cmd, flags, &f.sort, "sort", "updated", "order by `key`: updated, created, title or id", "updated", "created", "title", "id")
	addChoice(cmd, flags, &f.order, "order", "", "`direction`: asc or desc (times descend, titles and ids ascend unless told)", "asc", "desc")
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

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

func newAlias(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alias",
		Short: "Name command lines of your own",
		Long:  `Name command lines of your own: see "notes help aliases".`,
	}
	onlySubcommands(cmd)
	cmd.AddCommand(newAliasSet(a), newAliasList(a), newAliasRemove(a))
	return cmd
}

func newAliasSet(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "set NAME COMMAND",
		Short: "Make a command of your own, or change it",
		Long: `Make a command of your own out of a command line, which is one argument and does
without "notes". What is typed behind the alias follows it, but for what takes the
place of $1 to $9. With ! at its beginning it is a line for the shell.

An alias cannot take the name of a command. It may begin with another alias.`,
		Example: `  notes alias set work 'ls --tag work'
  notes alias set todo 'add --tag todo --title "$1"'
  notes alias set count '!notes ls --tag "$1" | wc -l'`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, words []string) error {
			name, line := words[0], strings.TrimSpace(words[1])
			if err := checkAliasName(cmd.Root(), name); err != nil {
				return err
			}
			old := ""
			err := a.changeAliases(cmd.Context(), func(all map[string]string) error {
				old = all[name]
				all[name] = line
				return checkAlias(cmd.Root(), all, name)
			})
			switch {
			case err != nil:
				return err
			case old != "" && old != line:
				a.say("%s is %s; it was %s", name, line, old)
			default:
				a.say("%s is %s", name, line)
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}

// changeAliases changes the aliases in the configuration, unless change fails.
func (a *app) changeAliases(ctx context.Context, change func(map[string]string) error) error {
	unlock, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	c, err := a.config()
	if err != nil {
		return err
	}
	all := maps.Clone(c.Aliases)
	if all == nil {
		all = map[string]string{}
	}
	if err := change(all); err != nil {
		return err
	}
	return a.changeConfig(func(c *config) { c.Aliases = all })
}

// aliasRecord is an alias as --json sees it.
type aliasRecord struct {
	Name    string `json:"name"`
	Command string `json:"command"`
}

func newAliasList(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List your aliases",
		Example: `  notes alias ls`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			found := []aliasRecord{}
			for _, name := range slices.Sorted(maps.Keys(c.Aliases)) {
				found = append(found, aliasRecord{name, c.Aliases[name]})
			}
			p := a.printer()
			if f.active() {
				return f.write(cmd.Context(), p, found)
			}
			t := newTable(p, "name", "command")
			t.shrink = 1
			for _, r := range found {
				if err := t.row(textCell(r.Name, cyan), textCell(r.Command, plain)); err != nil {
					return err
				}
			}
			return t.flush()
		},
	}
	addFormatFlags(cmd, &f, []string{"name", "command"})
	return cmd
}

func newAliasRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "rm NAME…",
		Aliases: []string{"delete"},
		Short:   "Forget aliases",
		Example: `  notes alias rm work`,
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			return a.changeAliases(cmd.Context(), func(all map[string]string) error {
				for _, name := range words {
					if _, ok := all[name]; !ok {
						err := &api.Error{Code: api.CodeNotFound, Message: fmt.Sprintf("there is no alias %q", name)}
						return withHint(err, "see them with: notes alias ls")
					}
					delete(all, name)
				}
				return nil
			})
		},
		ValidArgsFunction: func(_ *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			c, err := a.config()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var offers []cobra.Completion
			for _, name := range slices.Sorted(maps.Keys(c.Aliases)) {
				if !slices.Contains(words, name) {
					offers = append(offers, cobra.CompletionWithDesc(name, sanitizeLine(c.Aliases[name])))
				}
			}
			return offers, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// The shells ask the program itself what could come next: cobra's "completion"
// command makes the scripts that do.

// addCompletion adds that command, as strict as the others are.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			onlySubcommands(cmd)
			for _, shell := range cmd.Commands() {
				shell.Args = args(cobra.NoArgs)
			}
		}
	}
}

const (
	// completionTime is how long a person waits for the tab key.
	completionTime = 2 * time.Second
	// completionNotes is how many notes it offers, those saved last first.
	completionNotes = 100
)

type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

const keepOrder = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder

// completeIDs offers the ids of notes with their titles. An error offers
// nothing: there is no place to tell it.
func (a *app) completeIDs() completer {
	return func(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(words) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.completeManyIDs(api.StateAll)(cmd, words, begun)
	}
}

// completeManyIDs is completeIDs for a command that takes several.
func (a *app) completeManyIDs(state api.State) completer {
	return a.completeIDsOf(api.ListOptions{State: state})
}

// completeIDsOf offers the ids of the notes of a list.
func (a *app) completeIDsOf(o api.ListOptions) completer {
	return func(cmd *cobra.Command, words []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if begun != "" && !api.ValidIDPrefix(begun) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		o.ID, o.Limit = begun, completionNotes
		notes := complete(a, cmd, func(ctx context.Context, c *client.Client) ([]api.Summary, error) {
			p, err := c.ListSummaries(ctx, o)
			return p.Notes, err
		})
		var offers []cobra.Completion
		for _, n := range notes {
			if !slices.Contains(words, n.ID) {
				offers = append(offers, cobra.CompletionWithDesc(n.ID, titleOf(n.NoteMeta)))
			}
		}
		return offers, keepOrder
	}
}

// completeTagFlag offers the tags for the value of --tag, with how many notes
// have each. What is before a comma stays.
func (a *app) completeTagFlag(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before := begun[:strings.LastIndexByte(begun, ',')+1]
	return a.offerTags(cmd, before, strings.Split(before, ",")), keepOrder
}

// offerTags offers the tags, the one of the most notes first, each behind the
// same text, but those that are there already.
func (a *app) offerTags(cmd *cobra.Command, before string, have []string) []cobra.Completion {
	tags := complete(a, cmd, func(ctx context.Context, c *client.Client) ([]api.TagCount, error) { return c.ListTags(ctx) })
	slices.SortStableFunc(tags, func(x, y api.TagCount) int { return y.Count - x.Count })
	var offers []cobra.Completion
	for _, t := range tags {
		if !slices.Contains(have, t.Tag) {
			offers = append(offers, cobra.CompletionWithDesc(before+t.Tag, countNotes(t.Count)))
		}
	}
	return offers
}

// completeSessions offers the ids of logins, or of tokens.
func (a *app) completeSessions(n *sessionNoun) completer {
	return func(cmd *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var offers []cobra.Completion
		for _, s := range complete(a, cmd, n.list) {
			if !s.Current && !slices.Contains(words, s.ID) {
				offers = append(offers, cobra.CompletionWithDesc(s.ID, sanitizeLine(s.Label)))
			}
		}
		return offers, keepOrder
	}
}

func complete[T any](a *app, cmd *cobra.Command, ask func(context.Context, *client.Client) ([]T, error)) []T {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	c, err := a.client()
	if err != nil {
		return nil
	}
	found, err := ask(ctx, c)
	if err != nil {
		return nil
	}
	return found
}

// completeServers and completeUsers offer what this machine is logged in to.
func (a *app) completeServers(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeLogins(func(acc account) string { return acc.server })
}

func (a *app) completeUsers(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeLogins(func(acc account) string { return acc.user })
}

func (a *app) completeLogins(of func(account) string) ([]cobra.Completion, cobra.ShellCompDirective) {
	c, err := a.config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var offers []cobra.Completion
	for _, acc := range c.logins() {
		if !slices.Contains(offers, of(acc)) {
			offers = append(offers, of(acc))
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

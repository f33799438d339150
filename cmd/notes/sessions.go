package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// The server keeps logins and personal access tokens in one list. Here they are
// two nouns, each with its own verbs.
type sessionNoun struct {
	name    string // "login"
	command string // whose verbs are ls and revoke
	other   *sessionNoun
}

var logins, tokens = func() (l, t *sessionNoun) {
	l = &sessionNoun{name: "login", command: "notes sessions"}
	t = &sessionNoun{name: "token", command: "notes token", other: l}
	l.other = t
	return l, t
}()

func nounOf(s api.Session) *sessionNoun {
	if s.Kind == api.KindToken {
		return tokens
	}
	return logins
}

// list returns the sessions of this noun, the latest first.
func (n *sessionNoun) list(ctx context.Context, c *client.Client) ([]api.Session, error) {
	all, err := c.ListSessions(ctx)
	return slices.DeleteFunc(all, func(s api.Session) bool { return nounOf(s) != n }), err
}

func newSessions(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List or end your logins",
		Long: `List or end your logins, in browsers and on other machines.

Tokens for scripts have commands of their own: see "notes token".`,
	}
	onlySubcommands(cmd)
	cmd.AddCommand(newSessionsList(a), newSessionsRevoke(a))
	return cmd
}

var sessionFields = []string{"id", "kind", "scope", "label", "created_at", "last_used_at", "expires_at", "current"}

func newSessionsList(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List your logins",
		Example: `  notes sessions ls`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listSessions(cmd.Context(), logins, f, []string{"id", "kind", "label", "last used", "expires", ""},
				func(t *table, s api.Session) []cell {
					mark := ""
					if s.Current {
						mark = "this one"
					}
					return []cell{
						textCell(s.ID, cyan), textCell(string(s.Kind), plain), textCell(s.Label, plain),
						t.timeCell(s.LastUsedAt.Time), t.timeCell(s.ExpiresAt.Time), textCell(mark, green),
					}
				})
		},
	}
	addFormatFlags(cmd, &f, sessionFields)
	return cmd
}

// listSessions lists the sessions of one noun. The third column is the label.
func (a *app) listSessions(ctx context.Context, n *sessionNoun, f format, columns []string, row func(*table, api.Session) []cell) error {
	c, err := a.accountClient(ctx)
	if err != nil {
		return err
	}
	sessions, err := n.list(ctx, c)
	if err != nil {
		return err
	}
	p := a.printer()
	if f.active() {
		return f.write(ctx, p, sessions)
	}
	t := newTable(p, columns...)
	t.shrink = 2
	for _, s := range sessions {
		if err := t.row(row(t, s)...); err != nil {
			return err
		}
	}
	return t.flush()
}

func newSessionsRevoke(a *app) *cobra.Command {
	var others, yes bool
	cmd := &cobra.Command{
		Use:   "revoke ID…",
		Short: "End logins",
		Long: `End logins by the beginnings of their ids, or all others but this one. With
--others the tokens end too: it is for when you do not know who has what.`,
		Example: `  notes sessions revoke 7c
  notes sessions revoke --others --yes`,
		Args: args(func(_ *cobra.Command, words []string) error {
			if others != (len(words) == 0) {
				return errors.New("give the ids of logins, or --others")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			c, err := a.accountClient(ctx)
			if err != nil {
				return err
			}
			if !others {
				return a.revoke(ctx, c, logins, words)
			}
			if err := a.confirm(ctx, yes, "end all other logins and all tokens"); err != nil {
				return err
			}
			if err := c.DeleteOtherSessions(ctx); err != nil {
				return err
			}
			a.say("all other logins and all tokens have ended")
			return nil
		},
		ValidArgsFunction: a.completeSessions(logins),
	}
	cmd.Flags().BoolVar(&others, "others", false, "end all logins but this one, and all tokens")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) revoke(ctx context.Context, c *client.Client, n *sessionNoun, words []string) error {
	sessions, err := c.ListSessions(ctx)
	if err != nil {
		return err
	}
	for _, arg := range words {
		s, err := findSession(sessions, n, arg)
		if err != nil {
			return err
		}
		if s.Current {
			return withHint(usagef("%s is the login that you are using", s.ID), "use: notes logout")
		}
		if err := c.DeleteSession(ctx, s.ID); err != nil {
			return fmt.Errorf("%s %s: %w", n.name, s.ID, err)
		}
		a.say("%s has ended", s.ID)
	}
	return nil
}

// findSession returns the login or token whose id begins with arg.
func findSession(sessions []api.Session, n *sessionNoun, arg string) (api.Session, error) {
	var found []api.Session
	var lines []string
	hint := "see them with: " + n.command + " ls"
	prefix := typedID(arg)
	for _, s := range sessions {
		switch {
		case !api.ValidIDPrefix(prefix), !strings.HasPrefix(s.ID, prefix): // the empty one would begin them all
		case nounOf(s) == n:
			found = append(found, s)
			lines = append(lines, s.ID+"  "+sanitizeLine(s.Label))
		default:
			hint = fmt.Sprintf("it is a %s: %s revoke %s", n.other.name, n.other.command, s.ID)
		}
	}
	switch len(found) {
	case 0:
		return api.Session{}, hinted{&api.Error{Code: api.CodeNotFound, Message: fmt.Sprintf("there is no %s %q", n.name, arg)}, hint}
	case 1:
		return found[0], nil
	}
	return api.Session{}, hinted{&ambiguousError{prefix: arg, what: n.name + "s", candidates: lines}, "type more of the id"}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newSessions(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List or end your logins",
		Long:  `List or end your logins, in browsers and on other machines.`,
	}
	onlySubcommands(cmd)
	cmd.AddCommand(newSessionsList(a), newSessionsRevoke(a))
	return cmd
}

var sessionFields = []string{"id", "kind", "label", "created_at", "last_used_at", "expires_at", "current"}

func newSessionsList(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List your logins",
		Example: `  notes sessions ls`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			sessions, err := c.ListSessions(cmd.Context())
			if err != nil {
				return err
			}
			p := a.printer()
			if f.active() {
				return f.write(cmd.Context(), p, sessions)
			}
			t := newTable(p, "id", "kind", "label", "last used", "expires", "")
			t.shrink = 2
			for _, s := range sessions {
				if err := t.row(sessionRow(t, s)...); err != nil {
					return err
				}
			}
			return t.flush()
		},
	}
	addFormatFlags(cmd, &f, sessionFields)
	return cmd
}

func sessionRow(t *table, s api.Session) []cell {
	mark := ""
	if s.Current {
		mark = "this one"
	}
	return []cell{
		textCell(s.ID, cyan), textCell(string(s.Kind), plain), textCell(s.Label, plain),
		t.timeCell(s.LastUsedAt.Time), t.timeCell(s.ExpiresAt.Time), textCell(mark, green),
	}
}

func newSessionsRevoke(a *app) *cobra.Command {
	var others, yes bool
	cmd := &cobra.Command{
		Use:   "revoke ID…",
		Short: "End logins",
		Long:  `End logins by the beginnings of their ids, or all others but this one.`,
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
			c, err := a.client()
			if err != nil {
				return err
			}
			if !others {
				return a.revoke(ctx, c, words)
			}
			if err := a.confirm(ctx, yes, "end all other logins"); err != nil {
				return err
			}
			if err := c.DeleteOtherSessions(ctx); err != nil {
				return err
			}
			a.say("all other logins have ended")
			return nil
		},
		ValidArgsFunction: a.completeSessions,
	}
	cmd.Flags().BoolVar(&others, "others", false, "end all logins but this one")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) revoke(ctx context.Context, c *client.Client, words []string) error {
	sessions, err := c.ListSessions(ctx)
	if err != nil {
		return err
	}
	for _, arg := range words {
		s, err := findSession(sessions, arg)
		if err != nil {
			return err
		}
		if s.Current {
			return withHint(usagef("%s is the login that you are using", s.ID), "use: notes logout")
		}
		if err := c.DeleteSession(ctx, s.ID); err != nil {
			return fmt.Errorf("login %s: %w", s.ID, err)
		}
		a.say("%s has ended", s.ID)
	}
	return nil
}

// findSession returns the login whose id begins with arg.
func findSession(sessions []api.Session, arg string) (api.Session, error) {
	var found []api.Session
	var lines []string
	for _, s := range sessions {
		if strings.HasPrefix(s.ID, typedID(arg)) {
			found = append(found, s)
			lines = append(lines, s.ID+"  "+sanitizeLine(s.Label))
		}
	}
	switch len(found) {
	case 0:
		return api.Session{}, hinted{
			&api.Error{Code: api.CodeNotFound, Message: fmt.Sprintf("there is no login %q", arg)},
			"see them with: notes sessions ls",
		}
	case 1:
		return found[0], nil
	}
	return api.Session{}, hinted{&ambiguousError{prefix: arg, what: "logins", candidates: lines}, "type more of the id"}
}

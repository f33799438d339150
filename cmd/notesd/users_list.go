package main

import (
	"context"
	"fmt"
	"iter"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// userLine is what a list says of a user. As JSON it only ever gets more members.
type userLine struct {
	ID         string    `json:"id"`
	Username   string    `json:"username"`
	CreatedAt  api.Time  `json:"created_at"`
	DisabledAt *api.Time `json:"disabled_at"`  // null: active
	LastUsedAt *api.Time `json:"last_used_at"` // of the logins and tokens there are; null: there is none
	Sessions   int       `json:"sessions"`     // logins and tokens, expired ones not yet swept away included
	Notes      int       `json:"notes"`        // in the trash, too
}

func newUsersList(u *users) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the users by name",
		Long: `List the users by name: when they signed up, when last a login or token of theirs
was used (to the minute), how many of these and how many notes they have.

With --json each user is an object on a line of its own.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return u.run(cmd, func(ctx context.Context, st store.Store, _ *server.Operator) error {
				if asJSON {
					return u.listJSON(ctx, st)
				}
				return u.listTable(ctx, st)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, an object a line")
	return cmd
}

func (u *users) listJSON(ctx context.Context, st store.Store) error {
	for line, err := range describeAll(ctx, st) {
		if err != nil {
			return err
		}
		text, err := json.Marshal(line)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(u.out, "%s\n", text); err != nil {
			return err
		}
	}
	return nil
}

func (u *users) listTable(ctx context.Context, st store.Store) error {
	table := tabwriter.NewWriter(u.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tID\tCREATED\tLAST USED\tSESSIONS\tNOTES\tSTATE")
	for line, err := range describeAll(ctx, st) {
		if err != nil {
			return err
		}
		state, used := "active", "-"
		if line.DisabledAt != nil {
			state = "disabled since " + minute(*line.DisabledAt)
		}
		if line.LastUsedAt != nil {
			used = minute(*line.LastUsedAt)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n",
			line.Username, line.ID, minute(line.CreatedAt), used, line.Sessions, line.Notes, state)
	}
	return table.Flush()
}

// minute is a time in UTC, for people.
func minute(t api.Time) string { return t.Format("2006-01-02 15:04Z") }

// describeAll goes through all users by name.
func describeAll(ctx context.Context, st store.Store) iter.Seq2[userLine, error] {
	return func(yield func(userLine, error) bool) {
		for user, err := range store.AllUsers(ctx, st) {
			var line userLine
			if err == nil {
				line, err = describe(ctx, st, user)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func describe(ctx context.Context, st store.Store, u store.User) (line userLine, err error) {
	line = userLine{ID: u.ID, Username: u.Username, CreatedAt: u.CreatedAt, DisabledAt: u.DisabledAt}
	if line.Notes, err = st.CountNotes(ctx, u.ID); err != nil {
		return line, err
	}
	sessions, err := st.ListSessions(ctx, u.ID)
	line.Sessions = len(sessions)
	for _, session := range sessions {
		if line.LastUsedAt == nil || session.LastUsedAt.After(line.LastUsedAt.Time) {
			line.LastUsedAt = &session.LastUsedAt
		}
	}
	return line, err
}

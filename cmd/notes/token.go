package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newToken(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list or revoke tokens for scripts",
		Long: `Make, list or revoke personal access tokens, for scripts and machines that are
not to have your password. They take a token from the variable NOTES_TOKEN, or
keep one with "notes login --with-token".

A token reaches notes alone, as far as its scope goes: it changes no password,
ends no login and makes no token. It ends by itself after its days, and when you
change your password.`,
	}
	onlySubcommands(cmd)
	cmd.AddCommand(newTokenCreate(a), newTokenList(a), newTokenRevoke(a))
	return cmd
}

func newTokenCreate(a *app) *cobra.Command {
	in, expires := api.NewToken{}, days(90)
	var scope string
	var f format
	cmd := &cobra.Command{
		Use:   "create LABEL",
		Short: "Make a token and print it",
		Long: `Make a token and print it, this once. The label says what it is for.

The scope says what the token may do:

  write   read and change notes
  read    read notes
  create  add notes, and see none`,
		Example: `  notes token create "backup of the server" --scope read
  notes token create cron --scope create --expires 365d > token`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			c, err := a.accountClient(ctx)
			if err != nil {
				return err
			}
			in.Label, in.Scope, in.ExpiresInDays = words[0], api.Scope(scope), int(expires)
			made, err := c.CreateToken(ctx, in)
			if err != nil {
				return err
			}
			if f.active() {
				err = f.write(ctx, a.printer(), tokenRecord{made.Token, made.Session})
			} else {
				_, err = fmt.Fprintln(a.out, made.Token)
			}
			if err != nil {
				return withHint(fmt.Errorf("the token could not be printed: %w", err), "revoke it with: notes token revoke %s", made.Session.ID)
			}
			a.say("token %s %s; it is not shown again", made.Session.ID, tokenText(made.Session))
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	addChoice(cmd, cmd.Flags(), &scope, "scope", string(api.ScopeWrite), "what it may do: `scope` is write, read or create",
		string(api.ScopeWrite), string(api.ScopeRead), string(api.ScopeCreate))
	cmd.Flags().Var(&expires, "expires", fmt.Sprintf("how many `days` it lives, 1d to %dd", api.MaxTokenDays))
	addFormatFlags(cmd, &f, append([]string{"token"}, sessionFields...))
	return cmd
}

// tokenRecord is a new token as --json sees it.
type tokenRecord struct {
	Token string `json:"token"`
	api.Session
}

// days is a flag that says for how long.
type days int

func (d *days) String() string { return strconv.Itoa(int(*d)) + "d" }
func (d *days) Type() string   { return "days" }

func (d *days) Set(s string) error {
	n, err := strconv.Atoi(strings.TrimSuffix(s, "d"))
	if err != nil || n < 1 || n > api.MaxTokenDays {
		return fmt.Errorf("it is a number of days from 1d to %dd", api.MaxTokenDays)
	}
	*d = days(n)
	return nil
}

// tokenText says what a token may do and for how long.
func tokenText(s api.Session) string {
	may := "may read and change notes"
	switch s.Scope {
	case api.ScopeRead:
		may = "may only read notes"
	case api.ScopeCreate:
		may = "may only add notes"
	}
	return may + ", until " + s.ExpiresAt.Format(time.DateOnly)
}

func newTokenList(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List your tokens",
		Example: `  notes token ls`,
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listSessions(cmd.Context(), tokens, f, []string{"id", "scope", "label", "last used", "expires"},
				func(t *table, s api.Session) []cell {
					return []cell{
						textCell(s.ID, cyan), textCell(string(s.Scope), plain), textCell(s.Label, plain),
						t.timeCell(s.LastUsedAt.Time), t.timeCell(s.ExpiresAt.Time),
					}
				})
		},
	}
	addFormatFlags(cmd, &f, sessionFields)
	return cmd
}

func newTokenRevoke(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke ID…",
		Short:   "End tokens",
		Long:    `End tokens by the beginnings of their ids. The server refuses them from then on.`,
		Example: `  notes token revoke 7c`,
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			ctx := cmd.Context()
			c, err := a.accountClient(ctx)
			if err != nil {
				return err
			}
			return a.revoke(ctx, c, tokens, words)
		},
		ValidArgsFunction: a.completeSessions(tokens),
	}
}

// accountClient is client for what no personal access token reaches. It says so
// before a password is asked for.
func (a *app) accountClient(ctx context.Context) (*client.Client, error) {
	if token := a.token(); token != "" {
		if api.TokenSession(token) != "" {
			return nil, withHint(errPersonal, "unset NOTES_TOKEN; without it your login is used")
		}
		return a.client()
	}
	acc, err := a.account()
	if err != nil {
		return nil, err
	}
	t, err := savedLogin{a, acc}.Load(ctx)
	if err != nil {
		return nil, err
	}
	if api.TokenSession(t.Access) != "" {
		return nil, withHint(errPersonal, "log in with the password: notes login")
	}
	return a.client()
}

var errPersonal = &api.Error{Code: api.CodeForbidden, Message: "a personal access token reaches notes alone: this takes a login"}

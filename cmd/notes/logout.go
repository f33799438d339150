package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newLogout(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Log out, on the server and on this machine",
		Long: `End the login on the server and forget it on this machine. Where the server is
away, the login is forgotten here all the same, and the exit code is 6.

A token that "notes login --with-token" kept is only forgotten: from a login,
"notes token revoke" ends it.`,
		Example: `  notes logout
  notes logout --server https://notes.example.org --user ann`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if err := a.refuseToken("log in or out"); err != nil {
				return err
			}
			acc, err := a.account()
			if err != nil {
				return err
			}
			v, err := a.vault(acc.storage)
			if err != nil {
				return err
			}
			token, ended := a.endLogin(ctx, acc)
			if _, ok := errors.AsType[*keyringError](ended); ok {
				return ended
			}
			err = a.forgetLogin(ctx, acc, func() error { return v.remove(ctx, acc.key()) })
			if err != nil {
				return err
			}
			if ended != nil && !errors.Is(ended, api.ErrUnauthorized) { // unauthorized: it had ended before
				return withHint(fmt.Errorf("logged out on this machine, but not on the server: %w", ended),
					"from another login: notes sessions ls, then notes sessions revoke ID")
			}
			a.say("logged out of %s as %s", acc.server, acc.user)
			if token != "" {
				a.say("the token itself lives on; a login ends it with: notes token revoke %s", token)
			}
			return nil
		},
	}
}

// endLogin ends a login on the server. A personal access token may not even end
// itself: its id is returned.
func (a *app) endLogin(ctx context.Context, acc account) (token string, err error) {
	kept, err := savedLogin{a, acc}.Load(ctx)
	if err != nil {
		return "", err
	}
	if token = api.TokenSession(kept.Access); token != "" {
		return token, nil
	}
	c, err := a.connect(acc.server, client.WithTokenStore(savedLogin{a, acc}))
	if err != nil {
		return "", err
	}
	return "", c.Logout(ctx)
}

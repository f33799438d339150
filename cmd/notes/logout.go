package main

import (
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
away, the login is forgotten here all the same, and the exit code is 6.`,
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
			c, err := a.connect(acc.server, client.WithTokenStore(savedLogin{a, acc}))
			if err != nil {
				return err
			}
			ended := c.Logout(ctx)
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
			return nil
		},
	}
}

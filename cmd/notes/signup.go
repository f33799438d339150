package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

func newSignup(a *app) *cobra.Command {
	var l loginFlags
	cmd := &cobra.Command{
		Use:   "signup",
		Short: "Make an account and log in",
		Long: `Make an account on a server and log in to it.

A password has 12 characters at least; the server refuses common ones.`,
		Example: `  notes signup
  notes signup --server https://notes.example.org --user ann
  printf '%s\n' "$PASSWORD" | notes signup --user ann --password-stdin`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			s, err := a.beginLogin(ctx, l)
			if err != nil {
				return err
			}
			if err := a.askUser(ctx, &s); err != nil {
				return err
			}
			if err := api.ValidateUsername(s.user); err != nil {
				return err
			}
			s.password, err = a.password(ctx, l, a.askNewPassword, "Password")
			if err != nil {
				return err
			}
			_, err = s.client.CreateUser(ctx, api.NewUser{Username: s.user, Password: s.password})
			if errors.Is(err, api.ErrConflict) {
				return withHint(err, "choose another name, or log in with: notes login")
			}
			if err != nil {
				return err
			}
			return a.login(ctx, s)
		},
	}
	l.add(cmd)
	return cmd
}

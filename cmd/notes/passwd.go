package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

func newPasswd(a *app) *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use:   "passwd",
		Short: "Change the password",
		Long:  `Change the password. All other logins end, and all tokens.`,
		Example: `  notes passwd
  printf '%s\n%s\n' "$OLD" "$NEW" | notes passwd --password-stdin`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			c, err := a.accountClient(ctx)
			if err != nil {
				return err
			}
			var p api.PasswordChange
			if stdin {
				lines, err := a.passwordLines(ctx, 2)
				if err != nil {
					return err
				}
				p.CurrentPassword, p.NewPassword = lines[0], lines[1]
			} else {
				if p.CurrentPassword, err = a.askPassword(ctx, "Current password"); err != nil {
					return err
				}
				if p.NewPassword, err = a.askNewPassword(ctx, "New password"); err != nil {
					return err
				}
			}
			if p.NewPassword == p.CurrentPassword {
				return errors.New("the new password is the current one: nothing was done")
			}
			if err := c.ChangePassword(ctx, p); err != nil {
				return err
			}
			a.say("the password is changed; all other logins and all tokens have ended")
			return nil
		},
	}
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the current and the new password from two lines of stdin")
	return cmd
}

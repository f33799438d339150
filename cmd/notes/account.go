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

func newAccount(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Delete your account",
		Long:  `Delete your account. It is made by "notes signup", and "notes status" shows it.`,
	}
	onlySubcommands(cmd)
	cmd.AddCommand(newAccountDelete(a))
	return cmd
}

func newAccountDelete(a *app) *cobra.Command {
	var stdin, yes bool
	cmd := &cobra.Command{
		Use:   "delete",
		Short: "Delete your account with everything in it",
		Long: `Delete your account on the server with everything in it: all notes, those in the
trash too, all logins and all tokens. Nobody can bring them back.

On a terminal it says what there is, and asks for the user name and the
password. Elsewhere it wants --yes and --password-stdin.`,
		Example: `  notes account delete
  printf '%s\n' "$PASSWORD" | notes account delete --password-stdin --yes`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.refuseToken("delete the account"); err != nil {
				return err
			}
			if !isTerminal(a.in) && (!stdin || !yes) {
				return withHint(usagef("deleting an account cannot be taken back, and there is no terminal to ask on"),
					"use --yes and --password-stdin")
			}
			return a.deleteAccount(cmd.Context(), stdin, yes)
		},
	}
	cmd.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from the first line of stdin")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for the user name")
	return cmd
}

func (a *app) deleteAccount(ctx context.Context, stdin, yes bool) error {
	acc, err := a.account()
	if err != nil {
		return err
	}
	c, err := a.accountClient(ctx)
	if err != nil {
		return err
	}
	contents, err := accountContents(ctx, c)
	if err != nil {
		return err
	}
	a.say("the account %s at %s has %s: all that will be deleted, and cannot be brought back", acc.user, acc.server, contents)
	if !yes {
		name, err := a.ask(ctx, "Type the user name to go on", "--yes")
		if err != nil {
			return err
		}
		if name != acc.user {
			return errors.New("that is not the user name: nothing was done")
		}
	}
	password, err := a.password(ctx, loginFlags{passwordStdin: stdin}, a.askPassword, "Password")
	if err != nil {
		return err
	}
	if err := c.DeleteAccount(ctx, password); err != nil {
		return err
	}
	v, err := a.vault(acc.storage)
	if err != nil {
		return err
	}
	err = a.forgetLogin(ctx, acc, func() error { return v.remove(ctx, acc.key()) })
	if err != nil {
		return fmt.Errorf("the account is deleted, but its login is not forgotten here: %w", err)
	}
	a.say("the account %s at %s is deleted", acc.user, acc.server)
	return nil
}

// countedNotes is how many notes are counted before somebody who wants them gone
// has waited long enough.
const countedNotes = 5 * api.MaxPage

// accountContents says what there is to lose.
func accountContents(ctx context.Context, c *client.Client) (string, error) {
	notes, trashed := 0, 0
	for n, err := range c.AllSummaries(ctx, api.ListOptions{State: api.StateAll, Limit: api.MaxPage}) {
		if err != nil {
			return "", err
		}
		if notes == countedNotes {
			break
		}
		notes++
		if n.TrashedAt != nil {
			trashed++
		}
	}
	sessions, err := c.ListSessions(ctx)
	if err != nil {
		return "", err
	}
	sums := map[*sessionNoun]int{}
	for _, s := range sessions {
		sums[nounOf(s)]++
	}
	parts := []string{quantity(notes, "note")}
	if notes == countedNotes {
		parts[0] = fmt.Sprintf("%d notes or more", notes)
	} else if trashed > 0 {
		parts[0] += fmt.Sprintf(" (%d in the trash)", trashed)
	}
	for _, n := range []*sessionNoun{logins, tokens} {
		if sums[n] > 0 {
			parts = append(parts, quantity(sums[n], n.name))
		}
	}
	return strings.Join(parts, ", "), nil
}

// quantity names a number of things.
func quantity(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

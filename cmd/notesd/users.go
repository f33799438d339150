package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// users is what the commands on accounts share. They print what they did: the
// log of the server knows nothing of it.
type users struct {
	config
	console
	getenv func(string) string
}

func newUsers(out, errOut io.Writer, getenv func(string) string) *cobra.Command {
	u := &users{console: console{out: out, errOut: errOut}, getenv: getenv}
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List, add, disable, unlock and delete accounts",
		Long: `List, add, disable, unlock and delete accounts. Whoever can open the store is the
operator, and needs no password for it.

The commands work while servers run on the store, and when they end, the next
request of the user counts: what takes something away waits a second for it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	u.registerStore(cmd.PersistentFlags(), getenv)
	cmd.AddCommand(newUsersList(u), newUsersAdd(u), newUsersSetPassword(u), newUsersDelete(u),
		u.simple("disable NAME", "Let nobody act for a user",
			`Let nobody act for a user: no password, login or token of theirs works any more,
and a login with the right password is answered as one with a wrong one. Nothing
is deleted: the logins and tokens come back with "users enable".`,
			"%s is disabled", (*server.Operator).Disable),
		u.simple("enable NAME", "Let a disabled user act again", "", "%s is enabled", (*server.Operator).Enable),
		u.simple("unlock NAME", "Forget the wrong passwords given for a user",
			`Forget the wrong passwords given for a user, who then need not wait for the next
try. Those that came from a network stay counted.`,
			"%s is unlocked", (*server.Operator).Unlock),
	)
	return cmd
}

// run opens the store for one command.
func (u *users) run(cmd *cobra.Command, do func(ctx context.Context, st store.Store, o *server.Operator) error) (err error) {
	if err := u.completeStore(cmd.Flags(), u.getenv); err != nil {
		return err
	}
	st, err := openAdmin(cmd.Context(), u.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	u.in = cmd.InOrStdin()
	return do(cmd.Context(), st, server.NewOperator(st, nil))
}

// runFor is run for a command about one user.
func (u *users) runFor(cmd *cobra.Command, name string, do func(context.Context, store.Store, *server.Operator, store.User) error) error {
	return u.run(cmd, func(ctx context.Context, st store.Store, o *server.Operator) error {
		user, err := findUser(ctx, o, name)
		if err != nil {
			return err
		}
		return do(ctx, st, o, user)
	})
}

// simple is a command that does one thing to one user.
func (u *users) simple(use, short, long, done string, do func(*server.Operator, context.Context, store.User) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Long:  long,
		Args:  oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return u.runFor(cmd, args[0], func(ctx context.Context, _ store.Store, o *server.Operator, user store.User) error {
				if err := do(o, ctx, user); err != nil {
					return err
				}
				return u.say(done, named(user))
			})
		},
	}
}

func newUsersAdd(u *users) *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a user, even where sign-up is closed",
		Example: `  notesd users add ann
  pass show notes/ann | notesd users add ann --password-stdin`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return u.run(cmd, func(ctx context.Context, _ store.Store, o *server.Operator) error {
				name := args[0]
				if err := errors.Join(api.ValidateUsername(name), wantFree(ctx, o, name)); err != nil {
					return err // before anything is typed
				}
				password, err := u.newPassword(ctx, o, name, stdin)
				if err != nil {
					return err
				}
				user, err := o.AddUser(ctx, api.NewUser{Username: name, Password: password})
				if err != nil {
					return err
				}
				return u.say("%s is added", named(user))
			})
		},
	}
	passwordFlag(cmd, &stdin)
	return cmd
}

func newUsersSetPassword(u *users) *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use:   "set-password NAME",
		Short: "Give a user another password, and end all logins and tokens",
		Long: `Give a user another password. All logins and tokens of the user end, and the
account is unlocked.`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return u.runFor(cmd, args[0], func(ctx context.Context, _ store.Store, o *server.Operator, user store.User) error {
				password, err := u.newPassword(ctx, o, user.Username, stdin)
				if err != nil {
					return err
				}
				ended, err := o.SetPassword(ctx, user, password)
				if err != nil {
					return err
				}
				return u.say("%s has the new password; %s ended", named(user), count(ended, "login or token", "logins and tokens"))
			})
		},
	}
	passwordFlag(cmd, &stdin)
	return cmd
}

func newUsersDelete(u *users) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a user with all notes, for good",
		Long: `Delete a user with all notes, for good; only a backup has them afterwards. It asks
for the name once more, or demands --yes where there is no terminal.`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return u.runFor(cmd, args[0], func(ctx context.Context, st store.Store, o *server.Operator, user store.User) error {
				line, err := describe(ctx, st, user)
				if err != nil {
					return err
				}
				what := fmt.Sprintf("%s with %s and %s", named(user), count(line.Notes, "note", "notes"), count(line.Sessions, "login or token", "logins and tokens"))
				if !yes {
					if err := u.confirm(ctx, fmt.Sprintf("This deletes %s, for good.\nType the name to do it: ", what), user.Username); err != nil {
						return err
					}
				}
				if err := o.DeleteUser(ctx, user); err != nil {
					return err
				}
				return u.say("%s is deleted", what)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// newPassword reads a password, from stdin or twice from the terminal.
func (u *users) newPassword(ctx context.Context, o *server.Operator, name string, stdin bool) (string, error) {
	if stdin {
		return u.line()
	}
	return u.askPassword(ctx, name, func(password string) error { return o.CheckPassword(password, name) })
}

func passwordFlag(cmd *cobra.Command, stdin *bool) {
	cmd.Flags().BoolVar(stdin, "password-stdin", false, "read the password from a line of stdin")
}

func findUser(ctx context.Context, o *server.Operator, name string) (store.User, error) {
	user, err := o.User(ctx, name)
	if errors.Is(err, api.ErrNotFound) {
		return user, &hintError{fmt.Errorf("there is no user %q", name), "notesd users list says who there is"}
	}
	return user, err
}

func wantFree(ctx context.Context, o *server.Operator, name string) error {
	user, err := o.User(ctx, name)
	if errors.Is(err, api.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s is there already", named(user))
	}
	return err
}

// named is how a user is called in what is printed: the log knows the id alone.
func named(u store.User) string { return fmt.Sprintf("%s (%s)", u.Username, u.ID) }

func count(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func oneName(_ *cobra.Command, args []string) error {
	if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
		return usageError{errors.New("it takes one user name")}
	}
	return nil
}

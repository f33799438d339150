package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// rotation is the command that changes the signing key.
type rotation struct {
	config
	console
	seen, yes bool
}

func newRotateKey(out, errOut io.Writer, getenv func(string) string) *cobra.Command {
	r := &rotation{console: console{out: out, errOut: errOut}}
	cmd := &cobra.Command{
		Use:   "rotate-key",
		Short: "Change the key that tokens are signed with",
		Long: `Change the key that tokens are signed with, while servers run or not. All of them
have the new key before any signs with it, ten seconds later. Nobody is logged
out: access tokens of the former key are good until they expire, within half an
hour, and it is kept for 90 days for the logins that were made with it.

With --now, for a key that somebody else has seen, all keys there were are void
when the command ends, and all logins have ended. Personal access tokens do not
hang on the key, and stay: "users set-password" ends those of one user.

It is for the key in the store. To change a key file, put 32 other random bytes
into it and restart every server: nobody is logged out by that, either.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			r.in = cmd.InOrStdin()
			if err := r.completeStore(cmd.Flags(), getenv); err != nil {
				return err
			}
			if r.keyFile != "" {
				return usageError{&hintError{
					fmt.Errorf("the key is in the file %s, not in the store", r.keyFile),
					"put 32 other random bytes there, by openssl rand -out, say, and restart every server; nobody is logged out",
				}}
			}
			st, err := openAdmin(cmd.Context(), r.config)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			return r.run(cmd.Context(), st)
		},
	}
	r.registerOnly(cmd.Flags(), getenv, "store", "key-file")
	cmd.Flags().BoolVar(&r.seen, "now", false, "make all former keys void and end all logins: somebody else has seen the key")
	cmd.Flags().BoolVar(&r.yes, "yes", false, "do not ask, with --now")
	return cmd
}

func (r *rotation) run(ctx context.Context, st store.Store) error {
	operator := server.NewOperator(st, nil)
	if r.seen {
		return r.replace(ctx, operator)
	}
	since, err := operator.RotateKey(ctx)
	if errors.Is(err, api.ErrNotFound) {
		err = errNoKey
	}
	if err != nil {
		return err
	}
	return r.say("the new key signs from %s on; nobody is logged out", since)
}

func (r *rotation) replace(ctx context.Context, operator *server.Operator) error {
	if !r.yes {
		if err := r.confirm(ctx, "This ends all logins of all users.\nType yes to do it: ", "yes"); err != nil {
			return err
		}
	}
	ended, err := operator.ReplaceKey(ctx)
	if errors.Is(err, api.ErrNotFound) {
		err = errNoKey
	}
	if err != nil {
		return err
	}
	return r.say("the key is another, all former ones are void; %s ended", count(ended, "login", "logins"))
}

var errNoKey = &hintError{
	errors.New("there is no key in the store yet"),
	"a server that runs without --key-file makes one",
}

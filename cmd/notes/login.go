package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

func newLogin(a *app) *cobra.Command {
	var l loginFlags
	var withToken bool
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log in to a server",
		Long: `Log in to a server. The login is kept in the keyring of the operating system
until "notes logout", and the server becomes the one that other commands talk to.

Several servers and users can be logged in at once: --server and --user choose.

With --with-token a personal access token (see "notes token") takes the place of
user name and password.`,
		Example: `  notes login
  notes login --server https://notes.example.org --user ann
  printf '%s\n' "$PASSWORD" | notes login --user ann --password-stdin
  notes login --server https://notes.example.org --with-token < token`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			s, err := a.beginLogin(ctx, l)
			if err != nil {
				return err
			}
			if withToken {
				return a.loginWithToken(ctx, s)
			}
			if err := a.askUser(ctx, &s); err != nil {
				return err
			}
			s.password, err = a.password(ctx, l, a.askPassword, "Password")
			if err != nil {
				return err
			}
			return a.login(ctx, s)
		},
	}
	l.add(cmd)
	cmd.Flags().BoolVar(&withToken, "with-token", false, "read a personal access token from the first line of stdin")
	cmd.MarkFlagsMutuallyExclusive("with-token", "password-stdin")
	return cmd
}

// loginFlags are the flags of what ends in a login.
type loginFlags struct {
	passwordStdin bool
	insecure      bool
}

func (l *loginFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.passwordStdin, "password-stdin", false, "read the password from the first line of stdin")
	cmd.Flags().BoolVar(&l.insecure, "insecure-storage", false, "keep the login in a file that only you can read, not in the keyring")
}

// loginAttempt is a login that is being made.
type loginAttempt struct {
	account
	password string
	client   *client.Client // nobody's yet
	vault    vault
}

// beginLogin finds out all that it can before it needs name and password: a login
// that could not be kept is not made.
func (a *app) beginLogin(ctx context.Context, l loginFlags) (loginAttempt, error) {
	s := loginAttempt{account: account{user: a.user, storage: inKeyring}}
	if l.insecure {
		s.storage = inFile
	}
	err := a.refuseToken("log in or out")
	if err != nil {
		return s, err
	}
	if s.server, err = a.serverURL(); err != nil {
		return s, err
	}
	if s.client, err = a.connect(s.server); err != nil {
		return s, err
	}
	if s.vault, err = a.vault(s.storage); err != nil {
		return s, err
	}
	if _, err := s.vault.get(ctx, s.key()); err != nil && !errors.Is(err, errNoTokens) {
		return s, err
	}
	return s, nil
}

func (a *app) askUser(ctx context.Context, s *loginAttempt) (err error) {
	if s.user == "" {
		s.user, err = a.ask(ctx, "User name", "--user")
	}
	return err
}

func (a *app) password(ctx context.Context, l loginFlags, ask func(context.Context, string) (string, error), question string) (string, error) {
	if !l.passwordStdin {
		return ask(ctx, question)
	}
	lines, err := a.passwordLines(ctx, 1)
	if err != nil {
		return "", err
	}
	return lines[0], nil
}

// login makes a session and keeps its tokens.
func (a *app) login(ctx context.Context, s loginAttempt) error {
	l, err := s.client.Login(ctx, api.NewSession{Username: s.user, Password: s.password, Label: label()})
	if errors.Is(err, api.ErrUnauthorized) {
		return withHint(err, "see that the user name and the server are right; a new account is made with: notes signup")
	}
	if err != nil {
		return err
	}
	s.user = l.User.Username
	tokens := client.TokensOf(l)
	err = a.keepLogin(ctx, s.account, func() error { return s.vault.set(ctx, s.key(), tokens) })
	if err != nil {
		// Nobody will use this session: do not leave it behind.
		if c, cerr := a.connect(s.server, client.WithLogin(tokens, nil)); cerr == nil {
			_ = c.Logout(context.WithoutCancel(ctx))
		}
		return err
	}
	a.say("logged in to %s as %s", s.server, s.user)
	return nil
}

// loginWithToken tries a personal access token and keeps it as the login.
func (a *app) loginWithToken(ctx context.Context, s loginAttempt) error {
	token, err := a.readToken(ctx)
	if err != nil {
		return err
	}
	if api.TokenSession(token) == "" {
		return withHint(usagef("that is no personal access token: one begins with %s", api.TokenPrefix),
			"a login makes one with: notes token create LABEL")
	}
	c, err := a.connect(s.server, client.WithToken(token))
	if err != nil {
		return err
	}
	me, err := c.Me(ctx)
	if errors.Is(err, api.ErrUnauthorized) {
		return withHint(err, "see that --server is right, or make another from a login with: notes token create LABEL")
	}
	if err != nil {
		return err
	}
	if s.user != "" && !strings.EqualFold(s.user, me.Username) {
		return usagef("the token is not of %s, but of %s", s.user, me.Username)
	}
	s.user = me.Username
	err = a.keepLogin(ctx, s.account, func() error { return s.vault.set(ctx, s.key(), client.Tokens{Access: token}) })
	if err != nil {
		return err
	}
	a.say("logged in to %s as %s, by a token that %s", s.server, s.user, tokenText(me.Session))
	return nil
}

func (a *app) readToken(ctx context.Context) (string, error) {
	if isTerminal(a.in) {
		return a.askPassword(ctx, "Token")
	}
	lines, err := a.secretLines(ctx, "--with-token", 1)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(lines[0]), nil
}

// label is what the list of sessions calls this machine.
func label() string {
	host, err := os.Hostname()
	if err != nil || len(host) > api.MaxLabel/2 {
		return "notes"
	}
	return "notes on " + host
}

// refuseToken keeps commands from a login that NOTES_TOKEN overrides.
func (a *app) refuseToken(what string) error {
	if a.token() == "" {
		return nil
	}
	return withHint(usageError{fmt.Errorf("cannot %s while NOTES_TOKEN is set: it is the login", what)}, "unset NOTES_TOKEN")
}

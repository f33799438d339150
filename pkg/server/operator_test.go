package server_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

const otherPassword = "a wholly other phrase"

// operator is the operator of the store beside the server, whose waiting is a
// step of the clock.
func (f *fixture) operator() *server.Operator {
	return server.NewOperator(f.store, f.clock.now).WaitBy(f.clock.advance)
}

// known returns a user of the store.
func (f *fixture) known(name string) store.User {
	f.t.Helper()
	u, err := f.operator().User(f.t.Context(), name)
	if err != nil {
		f.t.Fatal(err)
	}
	return u
}

// credentials are all that a person may have: a login, and a token of each scope.
type credentials struct {
	login  api.Login
	bearer []string // of the login, and of each token
}

func (f *fixture) credentials(name string) credentials {
	f.t.Helper()
	c := credentials{login: f.signup(name)}
	c.bearer = []string{c.login.AccessToken}
	for _, scope := range []api.Scope{api.ScopeWrite, api.ScopeRead, api.ScopeCreate} {
		token, err := f.as(c.login).CreateToken(f.t.Context(), api.NewToken{Label: "script", Scope: scope, ExpiresInDays: 7})
		if err != nil {
			f.t.Fatal(err)
		}
		c.bearer = append(c.bearer, token.Token)
	}
	return c
}

// wantMe asks with each of the credentials, which puts them into the cache, too.
func (f *fixture) wantMe(c credentials, when string, want error) {
	f.t.Helper()
	for i, token := range c.bearer {
		if _, err := f.client(client.WithToken(token)).Me(f.t.Context()); !errors.Is(err, want) {
			f.t.Errorf("%s, credential %d: %v, want %v", when, i, err, want)
		}
	}
}

// TestDisable wants that from the next request on nothing works for the user,
// and everything again when enabled.
func TestDisable(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx, o := t.Context(), f.operator()
	ann, bob := f.credentials("ann"), f.credentials("bob")
	f.wantMe(ann, "before", nil)
	f.wantMe(bob, "before", nil)
	for range 2 {
		if err := o.Disable(ctx, f.known("Ann")); err != nil {
			t.Fatal(err)
		}
		f.wantMe(ann, "disabled", api.ErrUnauthorized)
	}
	f.wantMe(bob, "another user", nil)
	if _, err := f.client().Refresh(ctx, ann.login.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("a refresh of a disabled user: %v", err)
	}
	if err := o.Enable(ctx, f.known("ann")); err != nil {
		t.Fatal(err)
	}
	f.wantMe(ann, "enabled", nil)
	if _, err := f.client().Refresh(ctx, ann.login.RefreshToken); err != nil {
		t.Errorf("a refresh of a user who was enabled again: %v", err)
	}
	f.login("ann")
}

// TestDisabledLogin compares the answers to right and wrong passwords of a
// disabled user, and of a name that nobody has, up to the lock and behind it.
func TestDisabledLogin(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.AccountLimit = server.Limit{Attempts: 3, Window: time.Hour} })
	f.signup("ann")
	if err := f.operator().Disable(t.Context(), f.known("ann")); err != nil {
		t.Fatal(err)
	}
	answers := func(name, pass string) (got []string) {
		for range 5 {
			a := f.do("POST", "/api/v1/sessions", `{"username":"`+name+`","password":"`+pass+`"}`)
			if a.status == 201 {
				t.Fatalf("%s is logged in", name)
			}
			got = append(got, a.problem.Detail)
		}
		return got
	}
	right := answers("ann", password)
	if err := f.operator().Unlock(t.Context(), f.known("ann")); err != nil {
		t.Fatal(err)
	}
	wrong, unknown := answers("ann", wrongPassword), answers("nobody", password)
	for i := range right {
		if right[i] != wrong[i] || right[i] != unknown[i] {
			t.Errorf("attempt %d is answered %q, %q with a wrong password, %q for an unknown name", i, right[i], wrong[i], unknown[i])
		}
	}
	if right[0] == right[4] {
		t.Error("a disabled account has no lock, and so can be told from others")
	}
}

// TestOperatorSetsPassword wants the old password and everything that was made
// with it gone, and the lock, too.
func TestOperatorSetsPassword(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx, o := t.Context(), f.operator()
	ann := f.credentials("ann")
	f.wantMe(ann, "before", nil)
	for range 11 {
		_, _ = f.guess("ann", wrongPassword)
	}
	if status, _ := f.guess("ann", password); status != 429 {
		t.Fatalf("the account is not locked: %d", status)
	}
	if _, err := o.SetPassword(ctx, f.known("ann"), "passwordpassword"); api.ErrorCode(err) != api.CodeInvalid {
		t.Errorf("a common password: %v", err)
	}
	ended, err := o.SetPassword(ctx, f.known("ann"), otherPassword)
	if err != nil || ended != len(ann.bearer) {
		t.Fatalf("%d sessions ended, %v", ended, err)
	}
	f.wantMe(ann, "after", api.ErrUnauthorized)
	if _, err := f.client().Refresh(ctx, ann.login.RefreshToken); !errors.Is(err, api.ErrUnauthorized) {
		t.Errorf("a refresh: %v", err)
	}
	if status, _ := f.guess("ann", otherPassword); status != 201 {
		t.Errorf("the new password: %d", status)
	}
	if status, _ := f.guess("ann", password); status != 401 {
		t.Errorf("the old password: %d", status)
	}
}

// TestOperatorSetsPasswordWhileLoggingIn: whoever logs in with the old password
// at the same moment has no session afterwards.
func TestOperatorSetsPasswordWhileLoggingIn(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.signup("ann")
	var logins sync.WaitGroup
	tokens := make([]string, 8)
	for i := range tokens {
		logins.Go(func() {
			l, err := f.client().Login(t.Context(), api.NewSession{Username: "ann", Password: password})
			if err != nil && !errors.Is(err, api.ErrUnauthorized) {
				t.Error(err)
			}
			tokens[i] = l.AccessToken
		})
	}
	if _, err := f.operator().SetPassword(t.Context(), f.known("ann"), otherPassword); err != nil {
		t.Fatal(err)
	}
	logins.Wait()
	f.wantMe(credentials{bearer: tokens}, "logged in meanwhile", api.ErrUnauthorized)
}

func TestOperatorDeletesUser(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ann := f.credentials("ann")
	f.wantMe(ann, "before", nil)
	if err := f.operator().DeleteUser(t.Context(), f.known("ann")); err != nil {
		t.Fatal(err)
	}
	f.wantMe(ann, "deleted", api.ErrUnauthorized)
	f.signup("ann") // the name is free
}

// TestOperatorAddsUser adds where sign-up is closed, by the rules of a sign-up.
func TestOperatorAddsUser(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.Signup = false })
	ctx, o := t.Context(), f.operator()
	if _, err := o.AddUser(ctx, api.NewUser{Username: "Re\u0301mi", Password: password}); err != nil {
		t.Fatal(err)
	}
	if l := f.login("r\u00c9MI"); l.User.Username != "R\u00e9mi" {
		t.Errorf("the name is kept as %q", l.User.Username)
	}
	for _, tt := range []struct {
		in   api.NewUser
		want api.Code
	}{
		{api.NewUser{Username: "r\u00e9mi", Password: password}, api.CodeConflict},
		{api.NewUser{Username: "a b", Password: password}, api.CodeInvalid},
		{api.NewUser{Username: "ann", Password: "short"}, api.CodeInvalid},
		{api.NewUser{Username: "ann", Password: "passwordpassword"}, api.CodeInvalid},
		{api.NewUser{Username: "annannannann", Password: "annannannann"}, api.CodeInvalid},
	} {
		if _, err := o.AddUser(ctx, tt.in); api.ErrorCode(err) != tt.want {
			t.Errorf("%+v: %v, want %s", tt.in, err, tt.want)
		}
	}
}

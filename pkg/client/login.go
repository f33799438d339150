package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// refreshBefore is how long before its end an access token is replaced, so that
// it does not end on its way.
const refreshBefore = 30 * time.Second

// Tokens are what a login needs to go on: keep them like a password. A personal
// access token is Access alone.
type Tokens struct {
	Access    string   `json:"access_token"`
	ExpiresAt api.Time `json:"expires_at"`    // of Access
	Refresh   string   `json:"refresh_token"` // empty: there is nothing to refresh with
}

// TokensOf returns the tokens in the answer to a login.
func TokensOf(l api.Login) Tokens {
	return Tokens{Access: l.AccessToken, ExpiresAt: l.ExpiresAt, Refresh: l.RefreshToken}
}

// String hides the tokens from logs.
func (t Tokens) String() string { return "tokens until " + t.ExpiresAt.String() }

// GoString is as [Tokens.String].
func (t Tokens) GoString() string { return t.String() }

// TokenStore keeps the tokens of one login where other programs find them too.
// A Client calls it from one goroutine at a time.
type TokenStore interface {
	// Load returns the tokens as they are kept.
	Load(ctx context.Context) (Tokens, error)
	// Update calls refresh with the tokens as they are kept, keeps what it
	// returns, and returns that. It lets no other program update meanwhile.
	Update(ctx context.Context, refresh func(Tokens) (Tokens, error)) (Tokens, error)
}

// WithToken sends this token, a personal access token as a rule, with every
// request. It is not refreshed.
func WithToken(token string) Option {
	return func(c *Client) {
		c.login = newLogin(nil)
		c.login.tokens = Tokens{Access: token}
	}
}

// WithLogin goes on with the tokens of a login and refreshes them when it is
// time, once, however many calls wait for it. Save is called with the new tokens
// before they are used, since using them ends the old ones; nil keeps them for
// the life of the Client alone.
func WithLogin(t Tokens, save func(Tokens) error) Option {
	return WithTokenStore(&memory{t, save})
}

// WithTokenStore is as [WithLogin] for a login that several programs share.
func WithTokenStore(s TokenStore) Option {
	return func(c *Client) { c.login = newLogin(s) }
}

// memory is the TokenStore of WithLogin.
type memory struct {
	tokens Tokens
	save   func(Tokens) error
}

func (m *memory) Load(context.Context) (Tokens, error) { return m.tokens, nil }

func (m *memory) Update(_ context.Context, refresh func(Tokens) (Tokens, error)) (Tokens, error) {
	t, err := refresh(m.tokens)
	if err != nil {
		return Tokens{}, err
	}
	if m.save != nil {
		if err := m.save(t); err != nil {
			return Tokens{}, err
		}
	}
	m.tokens = t
	return t, nil
}

// login hands out access tokens. Its fields belong to whoever holds turn.
type login struct {
	turn   chan struct{} // a mutex that a context can leave
	store  TokenStore    // nil: a fixed token
	loaded bool
	tokens Tokens
	ended  error // the refusal of a refresh, for all who come after
}

func newLogin(s TokenStore) *login {
	return &login{turn: make(chan struct{}, 1), store: s, loaded: s == nil}
}

// token returns an access token that is not the refused one, refreshing where
// there is no other.
func (l *login) token(ctx context.Context, c *Client, refused string) (string, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if !l.loaded {
		t, err := l.store.Load(ctx)
		if err != nil {
			return "", err
		}
		l.tokens, l.loaded = t, true
	}
	if l.ended != nil {
		return "", l.ended
	}
	if c.usable(l.tokens, refused) {
		return l.tokens.Access, nil
	}
	if l.store == nil {
		return "", errNoRefresh
	}
	t, err := l.store.Update(ctx, func(kept Tokens) (Tokens, error) {
		if c.usable(kept, refused) {
			return kept, nil // another program was faster
		}
		return c.refresh(ctx, kept)
	})
	switch {
	case err == nil:
		l.tokens = t
	case errors.Is(err, api.ErrUnauthorized):
		l.ended = err
	}
	return t.Access, err
}

// usable reports whether the access token has time left. One without an end is
// taken for as long as the server takes it.
func (c *Client) usable(t Tokens, refused string) bool {
	if t.Access == "" || t.Access == refused {
		return false
	}
	return t.ExpiresAt.IsZero() || c.now().Add(refreshBefore).Before(t.ExpiresAt.Time)
}

// errNoRefresh is what is left to say of a token that cannot be refreshed, where
// the server has said nothing of it.
var errNoRefresh = &Error{
	Err:    &api.Error{Code: api.CodeUnauthorized, Message: "the server does not accept the token"},
	Status: http.StatusUnauthorized,
}

// refresh asks for the next tokens. A refusal is final: only a login helps.
func (c *Client) refresh(ctx context.Context, t Tokens) (Tokens, error) {
	if t.Refresh == "" {
		return Tokens{}, errNoRefresh
	}
	next, err := c.Refresh(ctx, t.Refresh)
	if errors.Is(err, api.ErrUnauthorized) {
		err := &Error{
			Err:    &api.Error{Code: api.CodeUnauthorized, Message: "the login has ended"},
			Status: http.StatusUnauthorized,
		}
		return Tokens{}, err
	}
	if err != nil {
		return Tokens{}, fmt.Errorf("renew the login: %w", err)
	}
	return TokensOf(next), nil
}

package client

import (
	"context"
	"net/http"

	"github.com/notesd/notesd/pkg/api"
)

// Login logs in and returns the tokens of a new session. It changes nothing in
// the Client: make another with [WithLogin] and [TokensOf].
func (c *Client) Login(ctx context.Context, s api.NewSession) (api.Login, error) {
	var l api.Login
	if err := s.Validate(); err != nil {
		return l, err
	}
	err := c.do(ctx, call{method: http.MethodPost, path: route("sessions"), in: s, out: &l, public: true})
	return l, err
}

// Refresh returns the next tokens of a session. A Client made with [WithLogin]
// does it by itself.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (api.Login, error) {
	var l api.Login
	err := c.do(ctx, call{
		method: http.MethodPost, path: route("sessions", "refresh"),
		in: api.Refresh{RefreshToken: refreshToken}, out: &l, public: true,
		repeat: true, // the server derives the same successor until that is used
	})
	return l, err
}

// ListSessions returns all logins and tokens of the user, the latest first.
func (c *Client) ListSessions(ctx context.Context) ([]api.Session, error) {
	var l api.SessionList
	err := c.do(ctx, call{method: http.MethodGet, path: route("sessions"), out: &l})
	return l.Sessions, err
}

// DeleteSession ends one login, or revokes one token.
func (c *Client) DeleteSession(ctx context.Context, id string) error {
	if !api.ValidID(id) {
		return notFound("login", id)
	}
	return c.do(ctx, call{method: http.MethodDelete, path: route("sessions", id)})
}

// DeleteOtherSessions ends all logins but the one that asks, and all tokens.
func (c *Client) DeleteOtherSessions(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodDelete, path: route("sessions"), repeat: true})
}

// Logout ends the login that asks.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodDelete, path: route("sessions", "current")})
}

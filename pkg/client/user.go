package client

import (
	"context"
	"net/http"

	"github.com/notesd/notesd/pkg/api"
)

// CreateUser signs up. It does not log in.
func (c *Client) CreateUser(ctx context.Context, u api.NewUser) (api.User, error) {
	var created api.User
	if err := u.Validate(); err != nil {
		return created, err
	}
	err := c.do(ctx, call{method: http.MethodPost, path: route("users"), in: u, out: &created, public: true})
	return created, err
}

// Me returns the user, and the login or token that asks. Every token may ask.
func (c *Client) Me(ctx context.Context) (api.Me, error) {
	var me api.Me
	err := c.do(ctx, call{method: http.MethodGet, path: route("me"), out: &me})
	return me, err
}

// ChangePassword changes the password and ends all other logins of the user, and
// all tokens.
func (c *Client) ChangePassword(ctx context.Context, p api.PasswordChange) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if err := api.ValidatePassword("new_password", p.NewPassword, ""); err != nil {
		return err // the server knows the user's name, too
	}
	return c.do(ctx, call{method: http.MethodPatch, path: route("me"), in: p})
}

// DeleteAccount deletes the user and everything of theirs, for good.
func (c *Client) DeleteAccount(ctx context.Context, password string) error {
	in := api.AccountDeletion{Password: password}
	if err := in.Validate(); err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodDelete, path: route("me"), in: in})
}

package client

import (
	"context"
	"net/http"

	"github.com/notesd/notesd/pkg/api"
)

// CreateToken makes a personal access token, which [WithToken] takes and which
// nothing gives again. It needs a login: no token makes another. Tokens are
// among the sessions: [Client.ListSessions] lists them, and
// [Client.DeleteSession] revokes one.
func (c *Client) CreateToken(ctx context.Context, t api.NewToken) (api.Token, error) {
	var made api.Token
	if err := t.Validate(); err != nil {
		return made, err
	}
	err := c.do(ctx, call{method: http.MethodPost, path: route("tokens"), in: t, out: &made})
	return made, err
}

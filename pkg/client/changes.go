package client

import (
	"context"
	"net/http"

	"github.com/notesd/notesd/pkg/api"
)

// ListChanges returns what became of the user's notes since a cursor, or the
// present cursor alone. [api.ErrGone]: nobody can go on from this one; ask for the
// present one, then list all notes again.
func (c *Client) ListChanges(ctx context.Context, o api.ChangeOptions) (api.ChangeList, error) {
	var l api.ChangeList
	err := c.do(ctx, call{method: http.MethodGet, path: route("changes"), query: o.Values(), out: &l})
	return l, err
}

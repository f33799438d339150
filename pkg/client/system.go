package client

import (
	"context"
	"net/http"

	"github.com/notesd/notesd/pkg/api"
)

// Version returns the versions of the server. It needs no login.
func (c *Client) Version(ctx context.Context) (api.VersionInfo, error) {
	var v api.VersionInfo
	err := c.do(ctx, call{method: http.MethodGet, path: route("version"), out: &v, public: true})
	return v, err
}

// Ready returns nil when the server can do its work, its database included.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodGet, path: []string{"readyz"}, public: true})
}

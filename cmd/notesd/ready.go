package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// readyTimeout is a little more than what /readyz takes when the store is away.
const readyTimeout = 7 * time.Second

// newReady is for images that hold no other program that could ask.
func newReady(getenv func(string) string) *cobra.Command {
	var c config
	cmd := &cobra.Command{
		Use:   "ready",
		Short: "Ask the running server whether it can serve",
		Long: `Ask the server that runs with the same settings whether it can serve: exit code
0 when it can, 1 when it cannot. The question goes over plain HTTP to
--admin-addr, or to --addr where there is none: a server that speaks TLS itself
needs --admin-addr for it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags(), getenv); err != nil {
				return err
			}
			if c.adminAddr != "" {
				return askReady(cmd.Context(), c.adminAddr)
			}
			return askReady(cmd.Context(), c.addr)
		},
	}
	c.registerOnly(cmd.Flags(), getenv, "addr", "admin-addr")
	return cmd
}

// askReady asks the server that listens on addr, which may be every address of
// this machine.
func askReady(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://notesd/readyz", nil)
	if err != nil {
		return err
	}
	var d net.Dialer
	t := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return d.DialContext(ctx, network, addr)
	}}
	defer t.CloseIdleConnections()
	res, err := t.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", addr, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server on %s is not ready: %s", addr, res.Status)
	}
	return nil
}

package client

import "time"

// WithClock and WithBackoff let the tests decide what time it is and wait for
// nothing.
func WithClock(now func() time.Time) Option { return func(c *Client) { c.now = now } }

func WithBackoff(pause func(attempt int) time.Duration) Option {
	return func(c *Client) { c.backoff = pause }
}

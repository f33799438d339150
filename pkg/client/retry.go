package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

const (
	maxAttempts = 3
	// maxRetryAfter is the longest pause that a server may ask for; a longer one
	// is the caller's to make.
	maxRetryAfter = 5 * time.Second
)

// backoff is the pause after an attempt, the first being 0: about 100 ms, then
// 300 ms, each half by chance, so that many clients do not come back at once.
func backoff(attempt int) time.Duration {
	d := 100 * time.Millisecond
	for range attempt {
		d *= 3
	}
	return d/2 + rand.N(d) //nolint:gosec // no secret
}

// retry calls f until it ends in something else than a server that is away. A
// 500 is a defect: it would only happen again.
func (c *Client) retry(ctx context.Context, repeatable bool, f func() error) error {
	for attempt := 0; ; attempt++ {
		err := f()
		if err == nil || !repeatable || attempt+1 >= maxAttempts || !errors.Is(err, api.ErrUnavailable) {
			return err
		}
		if !c.pause(ctx, attempt, err) {
			return err
		}
	}
}

// pause waits before another attempt, as long as the error asks. It reports
// whether there is to be one.
func (c *Client) pause(ctx context.Context, attempt int, err error) bool {
	asked := retryAfterOf(err)
	return asked <= maxRetryAfter && sleep(ctx, max(c.backoff(attempt), asked))
}

// retryAfterOf returns how long the server asks to wait, 0 where it does not.
func retryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// sleep waits and reports whether ctx has not ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

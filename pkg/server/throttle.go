package server

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// Limit is how many wrong passwords, or new accounts, are let through in a window
// of time.
type Limit struct {
	Attempts int
	Window   time.Duration
}

// maxStrikes bounds how long a lock grows: the window doubles for each time in
// a row that the limit was reached, up to four times its length.
const maxStrikes = 2

// throttle slows guessing down. Its counters are in the store: they outlive a
// restart, and hold for all servers together. Each attempt is counted before
// the password is looked at, so that many at once gain nothing.
type throttle struct {
	store            store.Throttles
	now              func() time.Time
	turns            *turns
	keys             *keyHolder // whose throttle key names counters
	account, network Limit      // of wrong passwords
	signup           Limit      // of new accounts
}

func newThrottle(c Config, keys *keyHolder) *throttle {
	t := &throttle{store: c.Store, now: c.Now, turns: newTurns(), keys: keys, account: c.AccountLimit, network: c.NetworkLimit, signup: c.SignupLimit}
	if t.account == (Limit{}) {
		t.account = Limit{Attempts: 10, Window: 15 * time.Minute}
	}
	if t.network == (Limit{}) {
		t.network = Limit{Attempts: 100, Window: time.Hour}
	}
	if t.signup == (Limit{}) {
		t.signup = Limit{Attempts: 20, Window: time.Hour}
	}
	return t
}

// login counts one attempt of an account from an address. The error is a
// [retryError] when either has had too many. Succeeded must be called when the
// password was right: it forgets the account's failures, and takes back this
// one attempt, but no failure, of the network.
func (t *throttle) login(ctx context.Context, account string, ip netip.Addr) (succeeded func() error, err error) {
	network := networkKey(ip)
	if err := t.count(ctx, network, t.network, "too many wrong passwords from this network; wait before the next try"); err != nil {
		return nil, err
	}
	giveBack := func() error {
		return t.update(ctx, network, func(c *store.Throttle) error {
			c.Count = max(0, c.Count-1)
			return nil
		})
	}
	if err := t.count(ctx, account, t.account, "too many wrong passwords for this account; wait before the next try"); err != nil {
		if errors.Is(err, api.ErrRateLimited) { // no password was looked at
			err = cmp.Or(giveBack(), err)
		}
		return nil, err
	}
	return func() error {
		if err := t.store.DeleteThrottle(ctx, account); err != nil {
			return err
		}
		return giveBack()
	}, nil
}

// confirmation counts one attempt of a living session to tell its password again.
// It has a counter of its own: the account's and the network's strangers can fill.
func (t *throttle) confirmation(ctx context.Context, sessionID string) (succeeded func() error, err error) {
	key := "session/" + sessionID
	if err := t.count(ctx, key, t.account, "too many wrong passwords for this login; wait before the next try"); err != nil {
		return nil, err
	}
	return func() error { return t.store.DeleteThrottle(ctx, key) }, nil
}

// countSignup counts a new account of a network before it is made: a name that
// is taken counts, too, so that nobody finds out by thousands which names are.
func (t *throttle) countSignup(ctx context.Context, ip netip.Addr) error {
	return t.count(ctx, "signup/"+networkOf(ip, 24).String(), t.signup, "too many new accounts from this network; wait before the next one")
}

// count adds one attempt to a counter, or refuses it for this reason.
func (t *throttle) count(ctx context.Context, key string, l Limit, reason string) error {
	return t.update(ctx, key, func(c *store.Throttle) error {
		now := api.TimeOf(t.now())
		window := l.Window << c.Strikes
		end := c.Since.Add(window)
		switch full := c.Count >= l.Attempts; {
		case c.Count == 0 || now.Before(c.Since.Time): // first, or the clock was set back
			*c = store.Throttle{Key: key, Since: now}
		case now.Before(end) && full:
			return &retryError{after: end.Sub(now.Time), reason: &api.Error{
				Code: api.CodeRateLimited, Message: reason,
			}}
		case now.Before(end): // room left
		case full && now.Before(end.Add(window)): // locked just before: the next lock is longer
			*c = store.Throttle{Key: key, Since: now, Strikes: min(c.Strikes+1, maxStrikes)}
		default:
			*c = store.Throttle{Key: key, Since: now}
		}
		c.Count++
		c.Until = api.TimeOf(c.Since.Add(2 * l.Window << c.Strikes))
		return nil
	})
}

// update changes a counter by compare-and-set until nobody was faster.
func (t *throttle) update(ctx context.Context, key string, change func(*store.Throttle) error) error {
	done, err := t.turns.take(ctx, key)
	if err != nil {
		return err
	}
	defer done()
	for {
		c, err := t.store.Throttle(ctx, key)
		if err != nil && !errors.Is(err, api.ErrNotFound) {
			return err
		}
		seen := c.Revision
		c.Key = key
		if err := change(&c); err != nil {
			return err
		}
		c.Revision = seen + 1
		if err := t.store.SetThrottle(ctx, c, seen); !errors.Is(err, api.ErrStale) {
			return err
		}
	}
}

// accountKey names the counter of a user, or of a name that nobody has. The
// names that one can think of have no end, so they share 65536 counters. Which
// names share one is secret: who knew could tell by a full one which exist.
func (t *throttle) accountKey(u store.User, nameKey string) string {
	if u.ID != "" {
		return userCounter(u.ID)
	}
	return "name/" + hex.EncodeToString(mac(t.keys.ring.Load().throttle, nameKey)[:2])
}

func userCounter(id string) string { return "user/" + id }

// networkKey names the counter of the network that an address is in: its /24,
// or /64 for IPv6.
func networkKey(ip netip.Addr) string { return "net/" + networkOf(ip, 24).String() }

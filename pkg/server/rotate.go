package server

import (
	"context"
	"errors"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// RotateKey adds a new signing key, which all servers know by the time that is
// returned, and sign with from then on. No login ends, and no request fails.
// Without a key in the store it is api.ErrNotFound: no server has made one.
func (o *Operator) RotateKey(ctx context.Context) (since api.Time, err error) {
	saved, err := changeRing(ctx, o.store, func(r savedRing) (savedRing, error) { return r.rotated(o.now()) })
	if err != nil {
		return since, err
	}
	return saved.Keys[len(saved.Keys)-1].Since, nil
}

// ReplaceKey is for a key that somebody else has seen. It puts a new one in the
// place of all there were, which are void when it returns, and ends all logins,
// since whoever has the key can tell their secrets. Personal access tokens do
// not hang on it and stay. It returns how many logins ended.
func (o *Operator) ReplaceKey(ctx context.Context) (ended int, err error) {
	_, err = changeRing(ctx, o.store, func(savedRing) (savedRing, error) { return ringOf(newSecret()), nil })
	if err != nil {
		return 0, err
	}
	// Not before every server has the new key: of a login that one makes with the
	// old key meanwhile, the secret is known, too.
	if err := o.wait(ctx, keyLookEvery+time.Second); err != nil {
		return 0, errors.Join(errors.New("the key is replaced, and the logins are not ended yet: do it again"), err)
	}
	ended, err = o.endLogins(ctx)
	return ended, errors.Join(err, o.settle(ctx))
}

// endLogins ends all sessions of all users that a login made.
func (o *Operator) endLogins(ctx context.Context) (ended int, err error) {
	for u, err := range store.AllUsers(ctx, o.store) {
		if err != nil {
			return ended, err
		}
		n, err := o.endLoginsOf(ctx, u.ID)
		ended += n
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (o *Operator) endLoginsOf(ctx context.Context, userID string) (ended int, err error) {
	sessions, err := o.store.ListSessions(ctx, userID)
	if err != nil {
		return 0, err
	}
	for _, session := range sessions {
		if session.Kind == api.KindToken {
			continue
		}
		switch err := o.store.DeleteSession(ctx, userID, session.ID); {
		case err == nil:
			ended++
		case !errors.Is(err, api.ErrNotFound):
			return ended, err
		}
	}
	return ended, nil
}

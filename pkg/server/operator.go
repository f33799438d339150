package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// settleTime is how long what was written to the store may go unnoticed by the
// servers on it, and a little more.
const settleTime = liveFor + 100*time.Millisecond

// Operator does what whoever has the store may do to the accounts in it, by the
// rules of the servers, and beside those that run. It asks for no login. What
// takes something away from a user returns when every server refuses it at the
// next request, a good second later.
type Operator struct {
	store     store.Store
	now       func() time.Time
	passwords *hasher
	wait      func(context.Context, time.Duration) error
}

// NewOperator returns the operator of a store. Now may be nil: time.Now.
func NewOperator(s store.Store, now func() time.Time) *Operator {
	if now == nil {
		now = time.Now
	}
	return &Operator{store: s, now: now, passwords: newHasher(), wait: wait}
}

// settle waits until every server has noticed.
func (o *Operator) settle(ctx context.Context) error {
	if err := o.wait(ctx, settleTime); err != nil {
		return fmt.Errorf("it is done, but a running server may take a second more to notice: %w", err)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// AddUser makes an account, whether or not strangers may. Its errors are those of
// a sign-up: api.CodeInvalid or api.ErrConflict.
func (o *Operator) AddUser(ctx context.Context, in api.NewUser) (store.User, error) {
	if err := checkNewUser(&in); err != nil {
		return store.User{}, err
	}
	return addUser(ctx, o.store, o.passwords, in, api.TimeOf(o.now()))
}

// User returns the user with this name, however it is written.
func (o *Operator) User(ctx context.Context, name string) (store.User, error) {
	return o.store.UserByKey(ctx, usernameKey(name))
}

// CheckPassword says what speaks against a password, for whoever asks for it
// twice.
func (o *Operator) CheckPassword(password, username string) error {
	return checkPassword("password", password, username)
}

// SetPassword replaces the password, whatever it was, ends all logins and tokens
// of the user, and lets an account be used again that too many wrong passwords
// have locked. It returns how many sessions have ended.
func (o *Operator) SetPassword(ctx context.Context, u store.User, password string) (ended int, err error) {
	if err := o.CheckPassword(password, u.Username); err != nil {
		return 0, err
	}
	hash, err := o.passwords.hash(ctx, password)
	if err != nil {
		return 0, err
	}
	for {
		err := o.store.SetPassword(ctx, u.ID, u.PasswordHash, hash)
		if err == nil {
			break
		}
		if !errors.Is(err, api.ErrStale) {
			return 0, err
		}
		if u, err = o.store.User(ctx, u.ID); err != nil {
			return 0, err
		}
	}
	// Not before the password is another: nobody logs in with the old one, who
	// would not be seen here.
	if ended, err = o.store.DeleteSessions(ctx, u.ID, ""); err != nil {
		return ended, err
	}
	return ended, errors.Join(o.Unlock(ctx, u), o.settle(ctx))
}

// Disable keeps anybody from acting for the user. The sessions stay, for the day
// when the user is enabled again. To disable twice is to disable.
func (o *Operator) Disable(ctx context.Context, u store.User) error {
	if u.DisabledAt == nil {
		now := api.TimeOf(o.now())
		if err := o.store.SetDisabled(ctx, u.ID, &now); err != nil {
			return err
		}
	}
	return o.settle(ctx)
}

// Enable lets the user act again, and unlocks the account.
func (o *Operator) Enable(ctx context.Context, u store.User) error {
	if err := o.store.SetDisabled(ctx, u.ID, nil); err != nil {
		return err
	}
	return o.Unlock(ctx, u)
}

// Unlock forgets the wrong passwords that were given for the account. Those of a
// network stay counted.
func (o *Operator) Unlock(ctx context.Context, u store.User) error {
	return o.store.DeleteThrottle(ctx, userCounter(u.ID))
}

// DeleteUser deletes the account with everything in it.
func (o *Operator) DeleteUser(ctx context.Context, u store.User) error {
	if err := o.store.DeleteUser(ctx, u.ID, api.TimeOf(o.now())); err != nil {
		return err
	}
	return errors.Join(o.Unlock(ctx, u), o.settle(ctx))
}

package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// clearUsers makes room for the users of the source. Names may belong to others in
// the target. A store that had users before keeps them, and nothing is copied; else
// they are left from an earlier copy that was cut short, and have been deleted in
// the source since.
func (c *copier) clearUsers(ctx context.Context, from source, to store.Target) error {
	taken, err := takenNames(ctx, from, to)
	if err != nil {
		return err
	}
	if c.existing && len(taken) > 0 {
		names := make([]string, min(len(taken), keptNamed))
		for i := range names {
			names[i] = taken[i].Username
		}
		return &hintError{
			fmt.Errorf("nothing was copied: %s there %s to another user than in --from: %s",
				plural(len(taken), "user name"), belong(len(taken)), strings.Join(names, ", ")),
			"to bring the notes of such a user, let notes export write them and notes import read them",
		}
	}
	for _, u := range taken {
		if err := to.DeleteUser(ctx, u.ID, api.TimeOf(c.now())); err != nil {
			return err
		}
	}
	// What is left of a user is in the way of the same one. Nobody else writes, and
	// the clock of the server that deleted him may be ahead.
	_, err = to.ExpireUsers(ctx, api.TimeOf(c.now().Add(time.Hour)))
	return err
}

func belong(n int) string {
	if n == 1 {
		return "belongs"
	}
	return "belong"
}

// takenNames returns the users of the second store whose names belong to others in
// the first.
func takenNames(ctx context.Context, from, to store.Users) (taken []store.User, err error) {
	next, stop := iter.Pull2(store.AllUsers(ctx, to))
	defer stop()
	theirs, err, more := next()
	for ours, fromErr := range store.AllUsers(ctx, from) {
		if fromErr != nil {
			return nil, fromErr
		}
		for err == nil && more && theirs.Key < ours.Key {
			theirs, err, more = next()
		}
		if err != nil {
			return nil, err
		}
		if more && theirs.Key == ours.Key && theirs.ID != ours.ID {
			taken = append(taken, theirs)
		}
	}
	return taken, nil
}

package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	feedWriters   = 8
	feedFollowers = 3
)

// Followers lets eight writers write to the notes of one owner, and three
// followers read his feed meanwhile, each on one of these stores of one database.
// In the end each follower has what the store has, and has not seen a note go back.
func Followers(t *testing.T, e Effort, stores []store.Store) {
	u := addUser(t, stores[0])
	start := feedEnd(t, stores[0], u.ID)
	written, wroteAll := context.WithCancel(t.Context())
	writers := make(chan error, feedWriters)
	for i := range feedWriters {
		go func() { writers <- writeAround(t.Context(), stores[i%len(stores)], u.ID, e.of(200)) }()
	}
	followers := make(chan error, feedFollowers)
	seen := make([]map[string]store.Note, feedFollowers)
	for i := range feedFollowers {
		seen[i] = map[string]store.Note{}
		go func() {
			followers <- followUntil(t.Context(), written, stores[(i+1)%len(stores)], u.ID, start, seen[i])
		}()
	}
	for range feedWriters {
		ok(t, <-writers)
	}
	wroteAll()
	for range feedFollowers {
		ok(t, <-followers)
	}

	want := map[string]store.Note{}
	for _, n := range all(t, stores[0], u.ID) {
		want[n.ID] = n
	}
	for i := range seen {
		for id, n := range seen[i] {
			if n.PurgedAt != nil {
				delete(seen[i], id)
				_, err := stores[0].Note(t.Context(), u.ID, id)
				wantErr(t, err, api.ErrNotFound)
			}
		}
		if d := cmp.Diff(want, seen[i], cmpopts.EquateEmpty()); d != "" {
			t.Errorf("follower %d has not what the store has (-store +follower):\n%s", i, d)
		}
	}
}

// writeAround makes notes, changes them, several at once too, and purges some.
func writeAround(ctx context.Context, s store.Store, owner string, rounds int) error {
	var mine []store.Note
	for i := range rounds {
		var writes []store.Write
		if len(mine) == 0 || i%3 == 0 {
			mine = append(mine, newNote(owner))
			writes = append(writes, store.Write{Note: mine[len(mine)-1]})
		}
		for range rand.IntN(3) {
			n := &mine[rand.IntN(len(mine))]
			if n.PurgedAt != nil {
				continue
			}
			n.Body, n.Revision = fmt.Sprint("round ", i), n.Revision+1
			if rand.IntN(10) == 0 {
				n.PurgedAt = ptr(at(i))
			}
			writes = append(writes, store.Write{Note: *n, Revision: n.Revision - 1})
		}
		if err := errors.Join(s.WriteNotes(ctx, writes)...); err != nil {
			return err
		}
	}
	return nil
}

// followUntil keeps the newest of each note in seen, until it has come to the end
// of the feed when everything was written. Now and then it forgets how far it came
// and goes on from an earlier place.
func followUntil(ctx, written context.Context, s store.Store, owner string, start store.Position, seen map[string]store.Note) error {
	earlier := start
	q := store.ChangesQuery{After: start, Limit: 7, MaxBytes: 1 << 20}
	for {
		done := written.Err() != nil
		c, err := s.ListChanges(ctx, owner, q)
		if err != nil {
			return err
		}
		for _, n := range c.Notes {
			if n.Revision >= seen[n.ID].Revision {
				seen[n.ID] = n
			}
		}
		switch {
		case done && !c.More:
			return nil
		case !done && rand.IntN(20) == 0:
			q.After = earlier
		default:
			earlier, q.After = q.After, c.End
		}
	}
}

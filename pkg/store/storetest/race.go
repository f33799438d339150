package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// raceChecks have one winner each, whatever the engine is.
var raceChecks = []check{
	{"UpdateNote", raceUpdateNote},
	{"CreateNote", raceCreateNote},
	{"PurgeAndUpdate", racePurge},
	{"CreateUser", raceCreateUser},
	{"SetPassword", raceSetPassword},
	{"UpdateSession", raceUpdateSession},
	{"SetThrottle", raceSetThrottle},
	{"DeleteUserAndCreateNote", raceDeleteUser},
}

const rounds = 1000

// raceUpdateNote lets two writers save over the same revision, a thousand times.
func raceUpdateNote(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n := addNote(t, s, newNote(u.ID))
	wins := [2]int{}
	for round := range rounds {
		var saves [2]store.Note
		for i := range saves {
			saves[i] = n
			saves[i].Title = fmt.Sprintf("round %d writer %d", round, i)
			saves[i].Body, saves[i].TitleKey, saves[i].Excerpt = saves[i].Title, saves[i].Title, saves[i].Title
			saves[i].Tags = []string{fmt.Sprint("writer", i)}
			saves[i].Revision++
		}
		winner := oneWins(t, atOnce(2, func(i int) error {
			return s.UpdateNote(t.Context(), saves[i], n.Revision, nil)
		}), api.ErrStale)
		wins[winner]++
		n = saves[winner]
		wantNote(t, s, n)
		if round%100 == 0 { // the loser's text is not in what lists are made of either
			lost := store.ListQuery{State: api.StateAll, Tags: saves[1-winner].Tags, Sort: api.SortTitle, Order: api.OrderAsc, Limit: 9}
			equal(t, list(t, s, u.ID, lost), []store.Note{})
			equal(t, all(t, s, u.ID), []store.Note{n})
		}
		if t.Failed() {
			return
		}
	}
	if n.Revision != rounds+1 {
		t.Errorf("revision is %d after %d rounds", n.Revision, rounds)
	}
	t.Logf("the writers won %d and %d rounds", wins[0], wins[1])
}

func raceCreateNote(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for range 5 {
		id := api.NewID()
		notes := make([]store.Note, 50)
		for i := range notes {
			notes[i] = newNote(u.ID)
			notes[i].ID, notes[i].Body = id, fmt.Sprint("writer ", i)
		}
		winner := oneWins(t, atOnce(len(notes), func(i int) error {
			return s.CreateNote(t.Context(), notes[i], nil)
		}), api.ErrConflict)
		wantNote(t, s, notes[winner])
	}
	if n := len(all(t, s, u.ID)); n != 5 {
		t.Errorf("%d notes, want 5", n)
	}
}

// racePurge lets an update meet the purge of the same revision: either the note
// is gone, or it is there with the update. The loser learns what happened.
func racePurge(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for range 50 {
		n := addNote(t, s, newNote(u.ID))
		purged, updated := n, n
		purged.Revision, purged.PurgedAt = 2, ptr(at(1))
		updated.Revision, updated.Body = 2, "updated"
		errs := atOnce(2, func(i int) error {
			return s.UpdateNote(t.Context(), []store.Note{purged, updated}[i], 1, nil)
		})
		switch {
		case errs[0] == nil && errors.Is(errs[1], api.ErrNotFound):
			noNote(t, s, u.ID, n.ID)
		case errors.Is(errs[0], api.ErrStale) && errs[1] == nil:
			wantNote(t, s, updated)
		default:
			t.Fatalf("purge: %v, update: %v", errs[0], errs[1])
		}
	}
}

func raceCreateUser(t *testing.T, s store.Store) {
	users := make([]store.User, 50)
	for i := range users {
		users[i] = store.User{ID: api.NewID(), Username: fmt.Sprint("Ada", i), Key: "ada", PasswordHash: "x", CreatedAt: at(i)}
	}
	winner := oneWins(t, atOnce(len(users), func(i int) error {
		return s.CreateUser(t.Context(), users[i])
	}), api.ErrConflict)
	got, err := s.UserByKey(t.Context(), "ada")
	ok(t, err)
	equal(t, got, users[winner])
	for i, u := range users {
		if _, err := s.User(t.Context(), u.ID); i != winner && !errors.Is(err, api.ErrNotFound) {
			t.Errorf("user %d lost and can be read: %v", i, err)
		}
	}
}

func raceSetPassword(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for round := range 50 {
		hashes := []string{fmt.Sprint(round, "a"), fmt.Sprint(round, "b")}
		winner := oneWins(t, atOnce(2, func(i int) error {
			return s.SetPassword(t.Context(), u.ID, u.PasswordHash, hashes[i])
		}), api.ErrStale)
		u.PasswordHash = hashes[winner]
		got, err := s.User(t.Context(), u.ID)
		ok(t, err)
		equal(t, got, u)
	}
}

// raceUpdateSession is twenty tabs that refresh at once.
func raceUpdateSession(t *testing.T, s store.Store) {
	v := addSession(t, s, newSession(addUser(t, s).ID))
	for range 10 {
		tabs := make([]store.Session, 20)
		for i := range tabs {
			tabs[i] = v
			tabs[i].Generation, tabs[i].SecretHash = v.Generation+1, [32]byte{byte(i)}
		}
		winner := oneWins(t, atOnce(len(tabs), func(i int) error {
			return s.UpdateSession(t.Context(), tabs[i], v.Generation)
		}), api.ErrStale)
		v = tabs[winner]
		got, err := s.Session(t.Context(), v.ID)
		ok(t, err)
		equal(t, got, v)
	}
}

func raceSetThrottle(t *testing.T, s store.Store) {
	v := store.Throttle{Key: "a"}
	for range 20 { // the first round creates it
		sets := make([]store.Throttle, 20)
		for i := range sets {
			sets[i] = v
			sets[i].Count, sets[i].Revision = 1000*int(v.Revision)+i, v.Revision+1
		}
		winner := oneWins(t, atOnce(len(sets), func(i int) error {
			return s.SetThrottle(t.Context(), sets[i], v.Revision)
		}), api.ErrStale)
		v = sets[winner]
		wantThrottle(t, s, v)
	}
}

// raceDeleteUser deletes a user whose requests are under way.
func raceDeleteUser(t *testing.T, s store.Store) {
	u := addUser(t, s)
	session := newSession(u.ID)
	notes := make([]store.Note, 20)
	for i := range notes {
		notes[i] = newNote(u.ID)
	}
	for i, err := range atOnce(len(notes)+2, func(i int) error {
		switch i {
		case len(notes):
			return s.CreateSession(t.Context(), session)
		case len(notes) + 1:
			return s.DeleteUser(t.Context(), u.ID, at(1))
		}
		return s.CreateNote(t.Context(), notes[i], nil)
	}) {
		if err != nil && !errors.Is(err, api.ErrNotFound) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	_, err := s.User(t.Context(), u.ID)
	wantErr(t, err, api.ErrNotFound)
	_, err = s.ExpireUsers(context.WithoutCancel(t.Context()), at(2))
	ok(t, err)
	ids := make([]string, len(notes))
	for i, n := range notes {
		ids[i] = n.ID
	}
	wantNoUser(t, s, u, session.ID, ids...)
}

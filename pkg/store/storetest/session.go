package storetest

import (
	"slices"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var sessionChecks = []check{
	{"ComesOutAsItWentIn", testSession},
	{"IDIsUnique", testSessionUnique},
	{"NeedsItsUser", testSessionUser},
	{"AbsentIsNotFound", testSessionAbsent},
	{"ListIsLatestFirst", testListSessions},
	{"UpdateReplacesFiveFields", testUpdateSession},
	{"DeleteOne", testDeleteSession},
	{"DeleteAllBut", testDeleteSessions},
	{"Expire", testExpireSessions},
}

func testSession(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for kind, scope := range map[api.Kind]api.Scope{
		api.KindCLI: api.ScopeWrite, api.KindBrowser: api.ScopeRead, api.KindToken: api.ScopeCreate,
	} {
		want := newSession(u.ID)
		want.Kind, want.Scope, want.Generation = kind, scope, 1<<40
		for i := range want.SecretHash {
			want.SecretHash[i] = byte(i * 8)
		}
		addSession(t, s, want)
		got, err := s.Session(t.Context(), want.ID)
		ok(t, err)
		equal(t, got, want)
	}
}

func testSessionUnique(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	want := addSession(t, s, newSession(u.ID))
	again := newSession(other.ID)
	again.ID, again.Label = want.ID, "thief"
	wantErr(t, s.CreateSession(t.Context(), again), api.ErrConflict)
	got, err := s.Session(t.Context(), want.ID)
	ok(t, err)
	equal(t, got, want)
}

func testSessionUser(t *testing.T, s store.Store) {
	addUser(t, s)
	v := newSession(api.NewID())
	wantErr(t, s.CreateSession(t.Context(), v), api.ErrNotFound)
	_, err := s.Session(t.Context(), v.ID)
	wantErr(t, err, api.ErrNotFound)
}

func testSessionAbsent(t *testing.T, s store.Store) {
	u := addUser(t, s)
	addSession(t, s, newSession(u.ID))
	absent := newSession(u.ID)
	_, err := s.Session(t.Context(), absent.ID)
	wantErr(t, err, api.ErrNotFound)
	wantErr(t, s.UpdateSession(t.Context(), absent, 0), api.ErrNotFound)
	wantErr(t, s.DeleteSession(t.Context(), u.ID, absent.ID), api.ErrNotFound)
	_, err = s.Session(t.Context(), absent.ID) // the update made none
	wantErr(t, err, api.ErrNotFound)
}

func testListSessions(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	addSession(t, s, newSession(other.ID))
	var want []store.Session
	for i := range 12 {
		v := newSession(u.ID)
		v.CreatedAt = at(i % 4) // ties
		v.ExpiresAt = at(-1000) // expired ones are listed too
		want = append(want, addSession(t, s, v))
	}
	slices.SortFunc(want, func(a, b store.Session) int {
		if c := b.CreatedAt.Compare(a.CreatedAt.Time); c != 0 {
			return c
		}
		return -compare(a.ID, b.ID)
	})
	got, err := s.ListSessions(t.Context(), u.ID)
	ok(t, err)
	equal(t, got, want)
}

func testUpdateSession(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	want, kept := addSession(t, s, newSession(u.ID)), addSession(t, s, newSession(u.ID))

	change := want
	change.LastUsedAt, change.ExpiresAt, change.RotatedAt = at(20), at(30), at(40)
	change.Generation, change.SecretHash = 1, [32]byte{9}
	want = change
	change.UserID, change.Kind, change.Scope, change.Label, change.CreatedAt = other.ID, api.KindBrowser, api.ScopeRead, "changed", at(50)
	ok(t, s.UpdateSession(t.Context(), change, 0))
	for _, v := range []store.Session{want, kept} {
		got, err := s.Session(t.Context(), v.ID)
		ok(t, err)
		equal(t, got, v)
	}

	late := want
	late.Generation, late.SecretHash = 1, [32]byte{8}
	wantErr(t, s.UpdateSession(t.Context(), late, 0), api.ErrStale)
	wantErr(t, s.UpdateSession(t.Context(), late, 2), api.ErrStale)

	// A use that does not rotate keeps the generation.
	want.LastUsedAt = at(60)
	ok(t, s.UpdateSession(t.Context(), want, 1))
	got, err := s.Session(t.Context(), want.ID)
	ok(t, err)
	equal(t, got, want)
}

func testDeleteSession(t *testing.T, s store.Store) {
	u := addUser(t, s)
	gone, kept := addSession(t, s, newSession(u.ID)), addSession(t, s, newSession(u.ID))
	ok(t, s.DeleteSession(t.Context(), u.ID, gone.ID))
	wantErr(t, s.DeleteSession(t.Context(), u.ID, gone.ID), api.ErrNotFound)
	wantErr(t, s.UpdateSession(t.Context(), gone, 0), api.ErrNotFound)
	wantSessions(t, s, u.ID, kept)
}

// wantSessions wants that these are all sessions of one user, in any order.
func wantSessions(t *testing.T, s store.Store, user string, want ...store.Session) {
	t.Helper()
	got, err := s.ListSessions(t.Context(), user)
	ok(t, err)
	byID := func(a, b store.Session) int { return compare(a.ID, b.ID) }
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	equal(t, got, want)
}

func testDeleteSessions(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	kept := addSession(t, s, newSession(u.ID))
	addSession(t, s, newSession(u.ID))
	addSession(t, s, newSession(u.ID))
	theirs := addSession(t, s, newSession(other.ID))

	n, err := s.DeleteSessions(t.Context(), u.ID, kept.ID)
	wantCount(t, n, err, 2)
	wantSessions(t, s, u.ID, kept)
	n, err = s.DeleteSessions(t.Context(), u.ID, theirs.ID) // an exception that is not his saves nothing
	wantCount(t, n, err, 1)
	wantSessions(t, s, u.ID)
	n, err = s.DeleteSessions(t.Context(), u.ID, "")
	wantCount(t, n, err, 0)

	addSession(t, s, newSession(u.ID))
	addSession(t, s, newSession(u.ID))
	n, err = s.DeleteSessions(t.Context(), u.ID, "")
	wantCount(t, n, err, 2)
	wantSessions(t, s, u.ID)
	wantSessions(t, s, other.ID, theirs)
}

func testExpireSessions(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	expiring := func(user string, when api.Time) store.Session {
		v := newSession(user)
		v.ExpiresAt = when
		return addSession(t, s, v)
	}
	expiring(u.ID, at(9))
	expiring(other.ID, at(-9))
	onTime, later := expiring(u.ID, at(10)), expiring(other.ID, at(11))

	n, err := s.ExpireSessions(t.Context(), at(10))
	wantCount(t, n, err, 2)
	wantSessions(t, s, u.ID, onTime)
	wantSessions(t, s, other.ID, later)
}

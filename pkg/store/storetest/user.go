package storetest

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var userChecks = []check{
	{"ComesOutAsItWentIn", testUser},
	{"KeyAndIDAreUnique", testUserUnique},
	{"AbsentIsNotFound", testUserAbsent},
	{"SetPassword", testSetPassword},
	{"SetDisabled", testSetDisabled},
	{"ListGoesByKey", testListUsers},
	{"DeleteTakesEverything", testDeleteUser},
	{"DeleteFreesTheName", testDeleteUserName},
	{"ExpireFinishesDeletions", testExpireUsers},
}

func testUser(t *testing.T, s store.Store) {
	u := addUser(t, s)
	addUser(t, s)
	for name, get := range map[string]func() (store.User, error){
		"User":      func() (store.User, error) { return s.User(t.Context(), u.ID) },
		"UserByKey": func() (store.User, error) { return s.UserByKey(t.Context(), u.Key) },
	} {
		t.Run(name, func(t *testing.T) {
			got, err := get()
			ok(t, err)
			equal(t, got, u)
		})
	}
}

func testUserUnique(t *testing.T, s store.Store) {
	u := addUser(t, s)
	sameKey := store.User{ID: api.NewID(), Username: "other", Key: u.Key, PasswordHash: "x", CreatedAt: at(1)}
	wantErr(t, s.CreateUser(t.Context(), sameKey), api.ErrConflict)
	sameID := store.User{ID: u.ID, Username: "other", Key: "other", PasswordHash: "x", CreatedAt: at(1)}
	wantErr(t, s.CreateUser(t.Context(), sameID), api.ErrConflict)

	got, err := s.User(t.Context(), u.ID)
	ok(t, err)
	equal(t, got, u)
	_, err = s.User(t.Context(), sameKey.ID)
	wantErr(t, err, api.ErrNotFound)
	_, err = s.UserByKey(t.Context(), sameID.Key)
	wantErr(t, err, api.ErrNotFound)

	// Only the key is unique. A name without case is made above the store, which
	// compares bytes.
	sameName := store.User{ID: api.NewID(), Username: u.Username, Key: u.Username, PasswordHash: "x", CreatedAt: at(1)}
	ok(t, s.CreateUser(t.Context(), sameName))
}

func testUserAbsent(t *testing.T, s store.Store) {
	addUser(t, s)
	_, err := s.User(t.Context(), api.NewID())
	wantErr(t, err, api.ErrNotFound)
	_, err = s.UserByKey(t.Context(), "nobody")
	wantErr(t, err, api.ErrNotFound)
	wantErr(t, s.SetPassword(t.Context(), api.NewID(), "old", "new"), api.ErrNotFound)
	wantErr(t, s.SetDisabled(t.Context(), api.NewID(), ptr(at(0))), api.ErrNotFound)
	wantErr(t, s.DeleteUser(t.Context(), api.NewID(), at(0)), api.ErrNotFound)
}

func testSetDisabled(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	for _, when := range []*api.Time{ptr(at(1)), ptr(at(2)), nil, nil} {
		ok(t, s.SetDisabled(t.Context(), u.ID, when))
		u.DisabledAt = when
		for _, want := range []store.User{u, other} {
			got, err := s.User(t.Context(), want.ID)
			ok(t, err)
			equal(t, got, want)
		}
	}

	born := store.User{ID: api.NewID(), Username: "b", Key: "b", CreatedAt: at(0), DisabledAt: ptr(at(1))}
	ok(t, s.CreateUser(t.Context(), born))
	got, err := s.User(t.Context(), born.ID)
	ok(t, err)
	equal(t, got, born)
}

// testListUsers goes through the users a page at a time. Of those who are gone
// none is left.
func testListUsers(t *testing.T, s store.Store) {
	got, err := s.ListUsers(t.Context(), "", 10)
	ok(t, err)
	equal(t, got, []store.User{})

	var want []store.User
	for _, key := range []string{"Z", "a", "a-", "ab", "é", "名", "😀"} { // in the order of their bytes
		u := store.User{ID: api.NewID(), Username: "N" + key, Key: key, PasswordHash: "h", CreatedAt: at(len(key))}
		if key == "ab" {
			u.DisabledAt = ptr(at(3))
		}
		want = append(want, u)
	}
	for _, i := range []int{3, 0, 6, 5, 1, 4, 2} {
		ok(t, s.CreateUser(t.Context(), want[i]))
	}
	gone := addUser(t, s)
	ok(t, s.DeleteUser(t.Context(), gone.ID, at(9)))

	for limit := range len(want) {
		limit++
		var all []store.User
		for after := ""; ; {
			page, err := s.ListUsers(t.Context(), after, limit)
			ok(t, err)
			if len(page) == 0 {
				break
			}
			if len(page) > limit {
				t.Fatalf("%d users, want %d at most", len(page), limit)
			}
			all = append(all, page...)
			after = page[len(page)-1].Key
		}
		equal(t, all, want)
	}
}

func testSetPassword(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	wantErr(t, s.SetPassword(t.Context(), u.ID, "not the old one", "new"), api.ErrStale)
	got, err := s.User(t.Context(), u.ID)
	ok(t, err)
	equal(t, got, u)

	ok(t, s.SetPassword(t.Context(), u.ID, u.PasswordHash, "new"))
	wantErr(t, s.SetPassword(t.Context(), u.ID, u.PasswordHash, "newer"), api.ErrStale)
	u.PasswordHash = "new"
	for _, want := range []store.User{u, other} {
		got, err = s.User(t.Context(), want.ID)
		ok(t, err)
		equal(t, got, want)
	}
}

func testDeleteUser(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	session, kept := addSession(t, s, newSession(u.ID)), addSession(t, s, newSession(other.ID))
	plain, rich, gone := addNote(t, s, newNote(u.ID)), addNote(t, s, richNote(u.ID)), addNote(t, s, newNote(u.ID))
	purge(t, s, gone, at(1))
	plainOfOther := plain
	plainOfOther.Owner = other.ID
	addNote(t, s, plainOfOther)
	purge(t, s, addNote(t, s, newNote(other.ID)), at(1))

	ok(t, s.DeleteUser(t.Context(), u.ID, at(2)))
	wantNoUser(t, s, u, session.ID, plain.ID, rich.ID)
	wantErr(t, s.DeleteUser(t.Context(), u.ID, at(3)), api.ErrNotFound)
	wantErr(t, s.CreateSession(t.Context(), newSession(u.ID)), api.ErrNotFound)

	got, err := s.User(t.Context(), other.ID)
	ok(t, err)
	equal(t, got, other)
	gotSession, err := s.Session(t.Context(), kept.ID)
	ok(t, err)
	equal(t, gotSession, kept)
	equal(t, all(t, s, other.ID), []store.Note{plainOfOther})

	n, err := s.ExpireTombstones(t.Context(), at(100))
	wantCount(t, n, err, 1) // the other user's: those of u went with him
}

// wantNoUser wants that no call reads anything of a deleted user.
func wantNoUser(t *testing.T, s store.Store, u store.User, session string, notes ...string) {
	t.Helper()
	_, err := s.User(t.Context(), u.ID)
	wantErr(t, err, api.ErrNotFound)
	_, err = s.UserByKey(t.Context(), u.Key)
	wantErr(t, err, api.ErrNotFound)
	wantErr(t, s.SetPassword(t.Context(), u.ID, u.PasswordHash, "new"), api.ErrNotFound)
	_, err = s.Session(t.Context(), session)
	wantErr(t, err, api.ErrNotFound)
	sessions, err := s.ListSessions(t.Context(), u.ID)
	ok(t, err)
	equal(t, sessions, []store.Session{})
	for _, id := range notes {
		noNote(t, s, u.ID, id)
	}
	equal(t, all(t, s, u.ID), []store.Note{})
	ids, err := s.NoteIDs(t.Context(), u.ID, []string{""}, 10)
	ok(t, err)
	equal(t, ids, []string{})
}

func testDeleteUserName(t *testing.T, s store.Store) {
	u := addUser(t, s)
	ok(t, s.DeleteUser(t.Context(), u.ID, at(1)))
	heir := u
	heir.ID = api.NewID()
	ok(t, s.CreateUser(t.Context(), heir))
	got, err := s.UserByKey(t.Context(), u.Key)
	ok(t, err)
	equal(t, got, heir)

	_, err = s.ExpireUsers(t.Context(), at(100))
	ok(t, err)
	got, err = s.UserByKey(t.Context(), u.Key)
	ok(t, err)
	equal(t, got, heir)
}

// testExpireUsers writes a note after the deletion, as a request that was under
// way would.
func testExpireUsers(t *testing.T, s store.Store) {
	u, other := addUser(t, s), addUser(t, s)
	kept := addNote(t, s, newNote(other.ID))
	ok(t, s.DeleteUser(t.Context(), u.ID, at(10)))
	late := newNote(u.ID)
	if err := s.CreateNote(t.Context(), late, nil); err != nil {
		wantErr(t, err, api.ErrNotFound)
	}

	n, err := s.ExpireUsers(t.Context(), at(10))
	wantCount(t, n, err, 0) // begun at that time, not before it
	n, err = s.ExpireUsers(t.Context(), at(11))
	ok(t, err)
	if n < 0 || n > 1 {
		t.Errorf("%d users are gone for good, want 1 or, where nothing was left behind, 0", n)
	}
	noNote(t, s, u.ID, late.ID)
	n, err = s.ExpireUsers(t.Context(), at(11))
	wantCount(t, n, err, 0)
	wantNote(t, s, kept)
}

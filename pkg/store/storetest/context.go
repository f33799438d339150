package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var contextChecks = []check{
	{"Ping", testPing},
	{"EndedChangesNothing", testContextEnded},
	{"EndsMidway", testContextMidway},
	{"ErrorsNameTheCall", testErrorText},
}

func testPing(t *testing.T, s store.Store) { ok(t, s.Ping(t.Context())) }

// testContextEnded makes every call with a context that has ended.
func testContextEnded(t *testing.T, s store.Store) {
	u := addUser(t, s)
	n, v := addNote(t, s, richNote(u.ID)), addSession(t, s, newSession(u.ID))
	th := newThrottle("a")
	ok(t, s.SetThrottle(t.Context(), th, 0))
	fresh, freshUser := newNote(u.ID), store.User{ID: api.NewID(), Username: "b", Key: "b", CreatedAt: at(0)}
	freshSession := newSession(u.ID)
	next, nextSession, nextThrottle := n, v, th
	next.Revision, next.Body = 2, "changed"
	nextSession.Generation, nextThrottle.Revision = 1, 2
	late := at(1000)

	for name, call := range map[string]func(context.Context) error{
		"CreateUser":  func(ctx context.Context) error { return s.CreateUser(ctx, freshUser) },
		"User":        func(ctx context.Context) error { _, err := s.User(ctx, u.ID); return err },
		"UserByKey":   func(ctx context.Context) error { _, err := s.UserByKey(ctx, u.Key); return err },
		"SetPassword": func(ctx context.Context) error { return s.SetPassword(ctx, u.ID, u.PasswordHash, "x") },
		"SetDisabled": func(ctx context.Context) error { return s.SetDisabled(ctx, u.ID, &late) },
		"ListUsers":   func(ctx context.Context) error { _, err := s.ListUsers(ctx, "", 1); return err },
		"DeleteUser":  func(ctx context.Context) error { return s.DeleteUser(ctx, u.ID, late) },
		"ExpireUsers": func(ctx context.Context) error { _, err := s.ExpireUsers(ctx, late); return err },

		"CreateSession":  func(ctx context.Context) error { return s.CreateSession(ctx, freshSession) },
		"Session":        func(ctx context.Context) error { _, err := s.Session(ctx, v.ID); return err },
		"ListSessions":   func(ctx context.Context) error { _, err := s.ListSessions(ctx, u.ID); return err },
		"UpdateSession":  func(ctx context.Context) error { return s.UpdateSession(ctx, nextSession, 0) },
		"DeleteSession":  func(ctx context.Context) error { return s.DeleteSession(ctx, u.ID, v.ID) },
		"DeleteSessions": func(ctx context.Context) error { _, err := s.DeleteSessions(ctx, u.ID, ""); return err },
		"ExpireSessions": func(ctx context.Context) error { _, err := s.ExpireSessions(ctx, late); return err },

		"CreateNote": func(ctx context.Context) error { return s.CreateNote(ctx, fresh, nil) },
		"Note":       func(ctx context.Context) error { _, err := s.Note(ctx, u.ID, n.ID); return err },
		"ListNotes": func(ctx context.Context) error {
			_, _, err := s.ListNotes(ctx, u.ID, store.ListQuery{State: api.StateAll, Sort: api.SortTitle, Order: api.OrderAsc, Limit: 1, MaxBytes: 1})
			return err
		},
		"NoteIDs":          func(ctx context.Context) error { _, err := s.NoteIDs(ctx, u.ID, []string{""}, 1); return err },
		"CountNotes":       func(ctx context.Context) error { _, err := s.CountNotes(ctx, u.ID); return err },
		"UpdateNote":       func(ctx context.Context) error { return s.UpdateNote(ctx, next, 1, nil) },
		"EmptyTrash":       func(ctx context.Context) error { _, err := s.EmptyTrash(ctx, u.ID, late); return err },
		"ExpireNotes":      func(ctx context.Context) error { _, err := s.ExpireNotes(ctx, late, late); return err },
		"ExpireTombstones": func(ctx context.Context) error { _, err := s.ExpireTombstones(ctx, late); return err },

		"WriteNotes": func(ctx context.Context) error {
			return errors.Join(s.WriteNotes(ctx, []store.Write{{Note: fresh}, {Note: next, Revision: 1}})...)
		},
		"NotesByID":      func(ctx context.Context) error { _, err := s.NotesByID(ctx, u.ID, []string{n.ID}); return err },
		"Titles":         func(ctx context.Context) error { _, err := s.Titles(ctx, u.ID, []string{n.ID}); return err },
		"ListTags":       func(ctx context.Context) error { _, err := s.ListTags(ctx, u.ID); return err },
		"ListRevisions":  func(ctx context.Context) error { _, err := s.ListRevisions(ctx, u.ID, n.ID); return err },
		"Revision":       func(ctx context.Context) error { _, err := s.Revision(ctx, u.ID, n.ID, 1); return err },
		"ListOperations": func(ctx context.Context) error { _, err := s.ListOperations(ctx, u.ID); return err },
		"Operation":      func(ctx context.Context) error { _, err := s.Operation(ctx, u.ID, "0"); return err },
		"ListSteps":      func(ctx context.Context) error { _, err := s.ListSteps(ctx, u.ID, "0", "", 1); return err },

		"Setting":       func(ctx context.Context) error { _, err := s.Setting(ctx, "key"); return err },
		"CreateSetting": func(ctx context.Context) error { _, err := s.CreateSetting(ctx, "key", []byte("x")); return err },
		"SetSetting":    func(ctx context.Context) error { return s.SetSetting(ctx, "key", nil, []byte("x")) },

		"Throttle":        func(ctx context.Context) error { _, err := s.Throttle(ctx, "a"); return err },
		"SetThrottle":     func(ctx context.Context) error { return s.SetThrottle(ctx, nextThrottle, 1) },
		"DeleteThrottle":  func(ctx context.Context) error { return s.DeleteThrottle(ctx, "a") },
		"ExpireThrottles": func(ctx context.Context) error { _, err := s.ExpireThrottles(ctx, late); return err },

		"Ping": s.Ping,
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			wantErr(t, call(cancelled(t)), api.ErrUnavailable)
			if took := time.Since(begun); took > time.Second {
				t.Errorf("it took %s to notice", took)
			}
			noNote(t, s, u.ID, fresh.ID)
			_, err := s.UserByKey(t.Context(), freshUser.Key)
			wantErr(t, err, api.ErrNotFound)
			_, err = s.Setting(t.Context(), "key")
			wantErr(t, err, api.ErrNotFound)
			got, err := s.User(t.Context(), u.ID)
			ok(t, err)
			equal(t, got, u)
			wantSessions(t, s, u.ID, v)
			wantNote(t, s, n)
			wantThrottle(t, s, th)
		})
	}
}

// testContextMidway ends contexts while their calls are under way: what was
// answered is there, and what is there is whole.
func testContextMidway(t *testing.T, s store.Store) {
	u := addUser(t, s)
	notes := make([]store.Note, 64)
	for i := range notes {
		notes[i] = newNote(u.ID)
		notes[i].Title, notes[i].Tags = fmt.Sprint("note ", i), []string{"tag"}
		notes[i].Body = strings.Repeat(notes[i].Title+" ", 1000)
	}
	errs := atOnce(len(notes), func(i int) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
		defer cancel()
		return s.CreateNote(ctx, notes[i], nil)
	})
	for i, err := range errs {
		if err == nil {
			wantNote(t, s, notes[i])
			continue
		}
		wantErr(t, err, api.ErrUnavailable)
		if _, err := s.Note(t.Context(), u.ID, notes[i].ID); err == nil {
			wantNote(t, s, notes[i]) // nobody knew, and it is there
		} else {
			wantErr(t, err, api.ErrNotFound)
		}
	}
	for _, n := range list(t, s, u.ID, store.ListQuery{
		State: api.StateActive, Tags: []string{"tag"}, Sort: api.SortTitle, Order: api.OrderAsc, Limit: 100,
	}) {
		wantNote(t, s, n)
	}
}

// testErrorText wants the engine and the call before the sentence of package
// api, so that a log says where it came from.
func testErrorText(t *testing.T, s store.Store) {
	_, user := s.User(t.Context(), "absent")
	_, note := s.Note(t.Context(), "absent", "absent")
	_, session := s.Session(t.Context(), "absent")
	_, setting := s.Setting(t.Context(), "absent")
	_, throttle := s.Throttle(t.Context(), "absent")
	texts := map[string]bool{}
	for _, err := range []error{user, note, session, setting, throttle} {
		if !errors.Is(err, api.ErrNotFound) || !strings.Contains(err.Error(), ": ") {
			t.Errorf("%v: want the engine and the call before %q", err, api.ErrNotFound)
		}
		texts[err.Error()] = true
	}
	if len(texts) != 5 {
		t.Errorf("not every call has a name of its own: %v", texts)
	}
}

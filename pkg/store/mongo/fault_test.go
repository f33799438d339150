package mongo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// What an outage may take: the five seconds, and half of one for the machine.
const (
	answerWithin  = operationTimeout + 500*time.Millisecond
	recoverWithin = 5 * time.Second
)

var faults = map[string]func(*mongotest.Server){
	"stopped":    (*mongotest.Server).Stop,
	"frozen":     (*mongotest.Server).Freeze,
	"cut answer": (*mongotest.Server).CutAnswers,
}

func plainNote(id string) store.Note {
	return store.Note{Owner: "u", Note: api.Note{NoteMeta: api.NoteMeta{ID: id, Tags: []string{}, Revision: 1}}}
}

// In an outage every call, of many at once too, is ErrUnavailable in time, and
// once it is over the same store works again in time.
func TestOutage(t *testing.T) {
	t.Parallel()
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mongotest.Start(t)
			s := openAt(t, server.URI())
			if err := s.CreateNote(t.Context(), plainNote("before"), nil); err != nil {
				t.Fatal(err)
			}
			fault(server)
			wantAllUnavailable(t, s)
			server.Resume()
			wantRecovery(t, s)
			if _, err := s.Note(t.Context(), "u", "before"); err != nil {
				t.Errorf("the note from before: %v", err)
			}
		})
	}
}

func wantAllUnavailable(t *testing.T, s *Store) {
	t.Helper()
	type result struct {
		call
		err  error
		took time.Duration
	}
	all := calls(s)
	results := make(chan result)
	for _, c := range all {
		go func() {
			begin := time.Now()
			err := c.do(t.Context())
			results <- result{c, err, time.Since(begin)}
		}()
	}
	for range all {
		r := <-results
		if !errors.Is(r.err, api.ErrUnavailable) || r.took > answerWithin {
			t.Errorf("%s answered %v after %s", r.name, r.err, r.took)
		}
	}
}

func wantRecovery(t *testing.T, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), recoverWithin)
	defer cancel()
	for {
		err := s.CreateNote(ctx, plainNote(api.NewID()), nil)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("after %s still %v", recoverWithin, err)
		}
	}
}

// A server that is away when notesd starts is told in time, and the start may be
// tried again.
func TestOpenInAnOutage(t *testing.T) {
	t.Parallel()
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mongotest.Start(t)
			fault(server)
			begin := time.Now()
			s, err := Open(t.Context(), server.URI())
			if err == nil {
				_ = s.Close()
			}
			if took := time.Since(begin); !errors.Is(err, api.ErrUnavailable) || took > answerWithin {
				t.Errorf("open answered %v after %s", err, took)
			}
			server.Resume()
			wantSchema(t, openAt(t, server.URI()))
		})
	}
}

// A note whose answer was lost is there once, and a repeat learns it.
func TestLostAnswerMakesOneNote(t *testing.T) {
	t.Parallel()
	server := mongotest.Start(t)
	s := openAt(t, server.URI())
	n := plainNote("lost")
	server.CutAnswers()
	if err := s.CreateNote(t.Context(), n, nil); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("without an answer: %v", err)
	}
	server.Resume()
	wantRecovery(t, s)
	if err := s.CreateNote(t.Context(), n, nil); !errors.Is(err, api.ErrConflict) {
		t.Errorf("the repeat: %v", err)
	}
	if ids, err := s.NoteIDs(t.Context(), "u", []string{"lost"}, 9); err != nil || len(ids) != 1 {
		t.Errorf("notes %v, %v", ids, err)
	}
}

// A deletion that is cut short anywhere leaves a user who is gone, and whose rest
// the next clean-up takes.
func TestDeletionCutShort(t *testing.T) {
	t.Parallel()
	server := mongotest.Start(t)
	s := openAt(t, server.URI())
	ctx := t.Context()
	err := errors.Join(
		s.CreateUser(ctx, store.User{ID: "u", Key: "u"}),
		s.CreateSession(ctx, store.Session{ID: "s", UserID: "u"}),
		s.CreateNote(ctx, plainNote("n"), nil))
	if err != nil {
		t.Fatal(err)
	}
	server.CutAnswers()
	if err := s.DeleteUser(ctx, "u", api.Time{}); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("without an answer: %v", err)
	}
	server.Resume()
	wantRecovery(t, s)
	if _, err := s.User(ctx, "u"); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("the user: %v", err)
	}
	later := api.Time{Time: time.Time{}.Add(time.Hour)}
	if n, err := s.ExpireUsers(ctx, later); n != 1 || err != nil {
		t.Errorf("cleaned up %d users, %v", n, err)
	}
	if _, err := s.Session(ctx, "s"); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("the session: %v", err)
	}
	if _, err := s.Note(ctx, "u", "n"); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("the note: %v", err)
	}
}

// No error shows the password, whatever is wrong with the URI or the server.
func TestErrorsHoldNoPassword(t *testing.T) {
	t.Parallel()
	const canary = "CaNaRy"
	live := strings.TrimPrefix(mongotest.URI(t), "mongodb://")
	for name, uri := range map[string]string{
		"refused":           "mongodb://user:" + canary + "@127.0.0.1:1/notes",
		"no such host":      "mongodb://user:" + canary + "@host.invalid/notes",
		"no such cluster":   "mongodb+srv://user:" + canary + "@host.invalid/notes",
		"wrong credentials": "mongodb://user:" + canary + "@" + live + "&authMechanism=SCRAM-SHA-256",
		"scheme":            "http://user:" + canary + "@h/notes",
		"no scheme":         "user:" + canary + "@h/notes",
		"slash":             "mongodb://user:" + canary + "/x@h/notes",
		"at":                "mongodb://user:x@" + canary + "@h/notes",
		"colon":             "mongodb://user:x:" + canary + "@h/notes",
		"percent":           "mongodb://user:" + canary + "%zz@h/notes",
		"question mark":     "mongodb://user:?" + canary + "@h/notes",
		"port":              "mongodb://user:" + canary + "@h:port/notes",
		"option":            "mongodb://user:" + canary + "@h/notes?tls=maybe",
		"secret option":     "mongodb://h/notes?authMechanism=MONGODB-AWS&authMechanismProperties=" + canary,
		"mechanism":         "mongodb://user:" + canary + "@h/notes?authMechanism=x",
		"concern":           "mongodb://user:" + canary + "@h/notes?w=-1",
		"certificate":       "mongodb://user:" + canary + "@h/notes?tls=true&tlsCAFile=absent&tlsCertificateKeyFilePassword=" + canary,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), uri)
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the password is in %q", err)
			}
			t.Log(err)
		})
	}
}

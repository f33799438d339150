package mongo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// feedActs is what may be held at any of its commands: what it does to two notes,
// of which the second is in the trash, and one that was purged.
var feedActs = map[string]func(ctx context.Context, s *Store, live, trashed store.Note, at api.Time) error{
	"CreateNote": func(ctx context.Context, s *Store, _, _ store.Note, _ api.Time) error {
		w := store.Operation{ID: api.NewID()}.Created(plainNote(api.NewID()))
		return s.CreateNote(ctx, w.Note, w.Trace)
	},
	"UpdateNote": func(ctx context.Context, s *Store, live, _ store.Note, _ api.Time) error {
		w := extended(live)
		return s.UpdateNote(ctx, w.Note, w.Revision, w.Trace)
	},
	"purge": func(ctx context.Context, s *Store, _, trashed store.Note, at api.Time) error {
		return s.UpdateNote(ctx, purged(trashed, at), trashed.Revision, nil)
	},
	"WriteNotes": func(ctx context.Context, s *Store, live, trashed store.Note, _ api.Time) error {
		return errors.Join(s.WriteNotes(ctx, []store.Write{
			store.Operation{ID: api.NewID()}.Created(plainNote(api.NewID())), extended(live), extended(trashed),
		})...)
	},
	"EmptyTrash": func(ctx context.Context, s *Store, _, _ store.Note, at api.Time) error {
		_, err := s.EmptyTrash(ctx, "u", at)
		return err
	},
	"ExpireNotes": func(ctx context.Context, s *Store, _, _ store.Note, at api.Time) error {
		_, err := s.ExpireNotes(ctx, at, at)
		return err
	},
	"ExpireTombstones": func(ctx context.Context, s *Store, _, _ store.Note, at api.Time) error {
		_, err := s.ExpireTombstones(ctx, at)
		return err
	},
	"ListChanges": func(ctx context.Context, s *Store, _, _ store.Note, _ api.Time) error {
		_, err := s.ListChanges(ctx, "u", store.ChangesQuery{})
		return err
	},
	"FeedEnds": func(ctx context.Context, s *Store, _, _ store.Note, _ api.Time) error {
		_, err := s.FeedEnds(ctx, []string{"u"})
		return err
	},
}

// extended is the write of a note with more text.
func extended(n store.Note) store.Write {
	w, _, _ := store.Change{Operation: store.Operation{ID: api.NewID()}, Apply: extend}.Plan(n)
	return w
}

func purged(n store.Note, at api.Time) store.Note {
	n.Revision, n.PurgedAt = n.Revision+1, &at
	return n
}

func extend(n *store.Note) (bool, error) { n.Body += "."; return true, nil }

// feedMishaps is what happens to an act whose command is held. Others are who works
// on the same database meanwhile.
var feedMishaps = map[string]func(h *heldAct, others func(same bool)){
	// The command is slow, and the act goes on when others are done.
	"stalls": func(h *heldAct, others func(bool)) { others(false); h.letGo() },
	// They have written to the very notes by then.
	"is overtaken": func(h *heldAct, others func(bool)) { others(true); h.letGo() },
	// The command is carried out, and nothing comes after it.
	"is cut off": func(h *heldAct, others func(bool)) { h.kill(); h.letGo(); others(true) },
	// Nothing comes after it, and it arrives when others have done the rest.
	"dies": func(h *heldAct, others func(bool)) { h.kill(); others(false); h.letGo() },
}

// heldAct is an act that is under way and of which one command is held.
type heldAct struct {
	letGo func()
	kill  func() // the act without the command, and waits for its end
}

// Every command of whatever writes to a feed, or gives out its numbers, is held by
// the proxy in turn while others write and read; nobody misses anything, neither
// before it goes on nor after.
func TestFeedStalls(t *testing.T) {
	t.Parallel()
	for act, do := range feedActs {
		for mishap, happen := range feedMishaps {
			t.Run(act+" "+mishap, func(t *testing.T) {
				t.Parallel()
				server := mongotest.Start(t)
				slow := server.Door(t)
				f := feedStall{s: openAt(t, server.URI()), slow: openAt(t, slow.URI()), door: slow}
				nth := 1
				for f.hold(t, nth, do, happen) {
					nth++
				}
				if nth < 3 {
					t.Errorf("%d commands were held", nth-1)
				}
			})
		}
	}
}

type feedStall struct {
	s, slow *Store
	door    *mongotest.Server // to the slow one
}

// hold holds the nth command of an act, and reports whether there was one.
func (f feedStall) hold(
	t *testing.T, nth int,
	do func(context.Context, *Store, store.Note, store.Note, api.Time) error, happen func(*heldAct, func(bool)),
) bool {
	t.Helper()
	now := api.Time{Time: time.Time{}.AddDate(1, 0, nth)}
	live, gone, trashed := plainNote(api.NewID()), plainNote(api.NewID()), plainNote(api.NewID())
	trashed.TrashedAt = &api.Time{}
	ctx := t.Context()
	err := errors.Join(f.s.CreateNote(ctx, live, nil), f.s.CreateNote(ctx, gone, nil), f.s.CreateNote(ctx, trashed, nil))
	eager, lazy := newFollower(t, f.s), newFollower(t, f.s)
	live, gone, trashed = extended(live).Note, purged(gone, api.Time{}), extended(trashed).Note
	for _, n := range []store.Note{live, gone, trashed} { // which nobody has read yet
		err = errors.Join(err, f.s.UpdateNote(ctx, n, 1, nil))
	}
	if err != nil {
		t.Fatal(err)
	}

	held, letGo := f.door.Hold(nth)
	defer letGo()
	actCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- do(actCtx, f.slow, live, trashed, now) }()
	var answered error
	wait := func() { answered = <-answer }
	h := &heldAct{letGo, func() { cancel(); wait(); wait = func() {} }}
	select {
	case <-held:
		happen(h, func(same bool) {
			var theirs []store.Note
			if same {
				theirs = []store.Note{live, trashed}
			}
			for begun := time.Now(); ; {
				f.write(t, theirs...)
				eager.wantAll(t, fmt.Sprintf("while command %d is held", nth))
				if !long() || time.Since(begun) > holdLong {
					break
				}
			}
			f.write(t, theirs...) // which nobody has read when it goes on
		})
		wait()
	case answered = <-answer:
		if answered != nil {
			t.Errorf("the act: %v", answered)
		}
		return false
	}
	for _, allowed := range []error{nil, api.ErrUnavailable, api.ErrStale, api.ErrNotFound} {
		if errors.Is(answered, allowed) {
			answered = nil
		}
	}
	if answered != nil {
		t.Errorf("the act, held at command %d: %v", nth, answered)
	}
	eager.wantAll(t, fmt.Sprintf("after command %d was held", nth))
	lazy.wantAll(t, fmt.Sprintf("who has not looked since before command %d was held", nth))
	f.wantOnce(t)
	return true
}

// write makes a note and a tombstone, and changes these notes where they are still
// there.
func (f feedStall) write(t *testing.T, notes ...store.Note) {
	t.Helper()
	fresh, gone := plainNote(api.NewID()), plainNote(api.NewID())
	err := errors.Join(f.s.CreateNote(t.Context(), fresh, nil), f.s.CreateNote(t.Context(), gone, nil))
	if err := errors.Join(err, f.s.UpdateNote(t.Context(), purged(gone, api.Time{}), 1, nil)); err != nil {
		t.Fatal(err)
	}
	for _, n := range notes {
		_, err := store.ChangeNote(t.Context(), f.s, store.Change{Owner: "u", ID: n.ID, Apply: extend})
		if err != nil && !errors.Is(err, api.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

// wantOnce wants each number to be given to one note.
func (f feedStall) wantOnce(t *testing.T) {
	t.Helper()
	docs, err := find[noteDoc](t.Context(), f.s.notes, bson.M{"owner": "u"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	has := map[any]string{}
	for _, d := range docs {
		if other, given := has[d.Seq]; given && d.Seq != nil {
			t.Errorf("%s and %s have the number %v", d.Key, other, d.Seq)
		}
		has[d.Seq] = d.Key
	}
}

// holdLong is how long a command is held at least in the long form of the test: the
// time that it may take is over then.
const holdLong = 2 * operationTimeout

func long() bool { return os.Getenv("NOTES_TORTURE") == "long" }

package mongo

import (
	"errors"
	"fmt"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// stallingReader is a follower who may be held at one of his commands.
type stallingReader struct {
	*follower
	door   *mongotest.Server
	letGo  func()
	answer chan func() (store.Changes, error)
}

func newStallingReader(t *testing.T, server *mongotest.Server) *stallingReader {
	door := server.Door(t)
	return &stallingReader{follower: newFollower(t, openAt(t, door.URI())), door: door}
}

// begin begins to read, and reports whether the reader is held at his nth command.
// If not, he has read.
func (r *stallingReader) begin(t *testing.T, nth int) (isHeld bool) {
	t.Helper()
	held, letGo := r.door.Hold(nth)
	t.Cleanup(letGo)
	r.letGo, r.answer = letGo, make(chan func() (store.Changes, error), 1)
	q := store.ChangesQuery{After: r.at, Limit: 9, MaxBytes: 1 << 20}
	go func() {
		c, err := r.ListChanges(t.Context(), "u", q)
		r.answer <- func() (store.Changes, error) { return c, err }
	}()
	select {
	case <-held:
		return true
	case answer := <-r.answer:
		r.answer <- answer
		return false
	}
}

// end lets him read to the end, unless it took too long or he is to list again.
func (r *stallingReader) end(t *testing.T) {
	t.Helper()
	r.letGo()
	c, err := (<-r.answer)()
	switch {
	case errors.Is(err, api.ErrUnavailable):
		return
	case errors.Is(err, api.ErrGone):
		r.list(t)
		return
	case err != nil:
		t.Fatal(err)
	}
	r.take(t, c)
}

// A reader stalls at any of his commands, others do what he was about to, a note is
// written, and a second reader stalls at any of his: he has taken numbers and not
// given them, or given them and not said so. Then the first one goes on, and after
// him a third one, who found nothing to number before the note was written. None of
// them misses it.
func TestReadersStall(t *testing.T) {
	t.Parallel()
	for _, marked := range []bool{false, true} {
		t.Run(fmt.Sprint("something to number for the first: ", marked), func(t *testing.T) {
			t.Parallel()
			server := mongotest.Start(t)
			s := openAt(t, server.URI())
			if err := errors.Join(s.CreateNote(t.Context(), plainNote("a"), nil), s.CreateNote(t.Context(), plainNote("b"), nil)); err != nil {
				t.Fatal(err)
			}
			write := func(id string) {
				if _, err := store.ChangeNote(t.Context(), s, store.Change{Owner: "u", ID: id, Apply: extend}); err != nil {
					t.Fatal(err)
				}
			}
			first, second, third := newStallingReader(t, server), newStallingReader(t, server), newStallingReader(t, server)
			eager := newFollower(t, s)
			for one, firstHeld := 1, true; firstHeld; one++ {
				for other, secondHeld := 1, true; secondHeld; other++ {
					if marked {
						write("a")
					}
					firstHeld = first.begin(t, one)
					eager.catchUp(t)
					third.begin(t, 2)
					write("b")
					secondHeld = second.begin(t, other)
					first.end(t)
					third.end(t)
					second.end(t)
					when := fmt.Sprintf("with the readers held at commands %d and %d", one, other)
					for _, f := range []*follower{first.follower, second.follower, third.follower, eager} {
						f.wantAll(t, when)
					}
				}
			}
		})
	}
}

// A tombstone is forgotten while a reader who has not seen it is held at any of his
// commands: he has it all the same, or is told that he cannot go on.
func TestReaderOfAForgottenTombstone(t *testing.T) {
	t.Parallel()
	server := mongotest.Start(t)
	s := openAt(t, server.URI())
	r := newStallingReader(t, server)
	for nth, held := 1, true; held; nth++ {
		n := plainNote(api.NewID())
		err := s.CreateNote(t.Context(), n, nil)
		r.list(t)
		err = errors.Join(err, s.UpdateNote(t.Context(), purged(n, api.Time{}), n.Revision, nil))
		held = r.begin(t, nth)
		count, expireErr := s.ExpireTombstones(t.Context(), api.Time{Time: api.Time{}.AddDate(1, 0, 0)})
		if err := errors.Join(err, expireErr); count != 1 || err != nil {
			t.Fatalf("%d tombstones were forgotten: %v", count, err)
		}
		r.end(t)
		r.wantAll(t, fmt.Sprintf("held at command %d", nth))
	}
}

//go:build linux

package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// ledger is what some writers know of their notes. Each note has one writer, so
// that what it must be is known exactly: as the last answer said, or, where a
// write got none, that or as this write makes it. Such a write is sent again,
// with its id and Operation-Id, until it is answered: it must then have been
// done once.
type ledger struct {
	tb      testing.TB
	writers []*writer
	acked   atomic.Int64 // writes that were answered with 2xx
	refused atomic.Int64 // attempts that got no answer, or 503
}

type writer struct {
	rng     *rand.Rand
	notes   []*known
	pending *write // was sent, perhaps, and is not answered
}

// known is a note as its writer knows it.
type known struct {
	id, body string
	revision int64    // 0: not there yet
	sums     []uint32 // of its body at each revision that was sent, the first of them 1
}

// write is one request, and what the note is after it.
type write struct {
	note  *known
	after known
	send  func(context.Context, *client.Client) (api.Note, error)
}

func newLedger(tb testing.TB, writers int) *ledger {
	l := &ledger{tb: tb}
	for i := range writers {
		l.writers = append(l.writers, &writer{rng: rand.New(rand.NewPCG(uint64(i), 1))})
	}
	return l
}

// run writes until ctx ends, each writer as fast as it can but for the pause. It
// returns at once; wait returns when all writers have stopped.
func (l *ledger) run(ctx context.Context, c *client.Client, pause time.Duration) (wait func()) {
	var writers sync.WaitGroup
	for _, w := range l.writers {
		writers.Go(func() {
			for ctx.Err() == nil {
				l.step(ctx, c, w)
				if pause > 0 {
					select {
					case <-ctx.Done():
					case <-time.After(pause):
					}
				}
			}
		})
	}
	return writers.Wait
}

// settle repeats what is pending until it is answered.
func (l *ledger) settle(ctx context.Context, c *client.Client) {
	l.tb.Helper()
	for _, w := range l.writers {
		for tries := 0; w.pending != nil; tries++ {
			if l.step(ctx, c, w); tries == 10 {
				l.tb.Fatalf("a repeat got no answer %d times", tries)
			}
		}
	}
}

// step sends what is pending, or something new.
func (l *ledger) step(ctx context.Context, c *client.Client, w *writer) {
	if w.pending == nil {
		w.pending = w.next()
	}
	p := w.pending
	got, err := p.send(ctx, c)
	switch {
	case err == nil:
		if got.ID != p.after.id || got.Revision != p.after.revision || got.Body != p.after.body {
			l.tb.Errorf("a write was answered with revision %d and %d bytes, want %d and %d",
				got.Revision, len(got.Body), p.after.revision, len(p.after.body))
		}
		p.note.body, p.note.revision = p.after.body, p.after.revision
		w.pending = nil
		l.acked.Add(1)
	case errors.Is(err, api.ErrUnavailable), ctx.Err() != nil:
		l.refused.Add(1)
	default:
		l.tb.Errorf("a write: %v", err)
		w.pending = nil
	}
}

// next makes a new note, or changes one of the last ones.
func (w *writer) next() *write {
	p := w.choose()
	p.note.sums = append(p.note.sums, sum(p.after.body))
	return p
}

func sum(body string) uint32 { return crc32.ChecksumIEEE([]byte(body)) }

func (w *writer) choose() *write {
	p := &write{}
	operation := client.WithOperation(api.NewID())
	text := w.text()
	kind := w.rng.IntN(3)
	if kind == 0 || len(w.notes) == 0 {
		n := &known{id: api.NewID()}
		w.notes = append(w.notes, n)
		p.note, p.after = n, known{id: n.id, body: text, revision: 1}
		p.send = func(ctx context.Context, c *client.Client) (api.Note, error) {
			return c.CreateNote(ctx, api.NewNote{ID: n.id, Title: "t", Body: text}, operation)
		}
		return p
	}
	n := w.notes[len(w.notes)-1-w.rng.IntN(min(4, len(w.notes)))]
	p.note = n
	if kind == 1 {
		p.after = known{id: n.id, body: text, revision: n.revision + 1}
		p.send = func(ctx context.Context, c *client.Client) (api.Note, error) {
			return c.UpdateNote(ctx, n.id, n.revision, api.NotePatch{Body: &text}, operation)
		}
	} else {
		p.after = known{id: n.id, body: n.body + text, revision: n.revision + 1}
		p.send = func(ctx context.Context, c *client.Client) (api.Note, error) {
			return c.AppendNote(ctx, n.id, text, operation)
		}
	}
	return p
}

// text is some lines that no other write has: mostly few, sometimes many pages
// of the database.
func (w *writer) text() string {
	lines := 1 + w.rng.IntN(40)
	if w.rng.IntN(20) == 0 {
		lines *= 40
	}
	return strings.Repeat(api.NewID()+" "+api.NewID()+"\n", lines)
}

// check wants every note as the ledger has it, and no other, and returns how
// many there are. The writers must have stopped.
func (l *ledger) check(ctx context.Context, c *client.Client) int {
	l.tb.Helper()
	stored := map[string]api.Note{}
	for n, err := range c.AllNotes(ctx, api.ListOptions{State: api.StateAll, Limit: api.MaxPage}) {
		if err != nil {
			l.tb.Fatalf("list: %v", err)
		}
		stored[n.ID] = n
	}
	for _, w := range l.writers {
		for _, n := range w.notes {
			got, there := stored[n.id]
			delete(stored, n.id)
			switch {
			case n.is(got): // a zero note is one that is not there
			case w.pending != nil && w.pending.note == n && w.pending.after.is(got):
			case !there:
				l.tb.Errorf("note %s was acknowledged at revision %d and is lost", n.id, n.revision)
			default:
				l.tb.Errorf("note %s is at revision %d with %d bytes, acknowledged were %d and %d",
					n.id, got.Revision, len(got.Body), n.revision, len(n.body))
			}
		}
	}
	if len(stored) > 0 {
		l.tb.Errorf("%d notes that nobody wrote", len(stored))
	}
	return l.notes()
}

func (n known) is(got api.Note) bool { return got.Revision == n.revision && got.Body == n.body }

// notes is how many notes were acknowledged.
func (l *ledger) notes() int {
	total := 0
	for _, w := range l.writers {
		for _, n := range w.notes {
			if n.revision > 0 {
				total++
			}
		}
	}
	return total
}

// noteSums are the sums of every body that was sent of one owner's notes, by id.
type noteSums struct {
	owner string
	notes map[string][]uint32
}

func (l *ledger) sums(owner string) noteSums {
	s := noteSums{owner, map[string][]uint32{}}
	for _, w := range l.writers {
		for _, n := range w.notes {
			s.notes[n.id] = n.sums
		}
	}
	return s
}

// wantIntact has SQLite check the whole file, beside the server that has it open.
func wantIntact(tb testing.TB, path string) {
	tb.Helper()
	if err := checkIntact(tb.Context(), path); err != nil {
		tb.Error(err)
	}
}

func checkIntact(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	for pragma, want := range map[string]string{"integrity_check": "ok", "foreign_key_check": ""} {
		var got string
		err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got)
		if err != nil && !errors.Is(err, sql.ErrNoRows) || got != want {
			return fmt.Errorf("%s says %q, %w", pragma, got, err)
		}
	}
	return nil
}

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// batchOf runs these as one batch, without the goroutine that gathers them.
func batchOf(t *testing.T, s *Store, runs ...func(tx) error) (batch []*write, err error) {
	t.Helper()
	for _, run := range runs {
		batch = append(batch, &write{ctx: t.Context(), run: run})
	}
	must(t, s.writer.do(t.Context(), func(tx) error { return nil }, nil)) // the goroutine waits for the next one now
	return batch, s.writer.commit(batch)
}

func insert(id string) func(tx) error {
	return func(t tx) error {
		_, err := t.exec(insertNote, noteArgs(testNote(id, 1), nil)...)
		return err
	}
}

func wantNotes(t *testing.T, s *Store, want ...string) {
	t.Helper()
	ids, err := s.NoteIDs(t.Context(), owner, []string{""}, 100)
	must(t, err)
	if fmt.Sprint(ids) != fmt.Sprint(want) {
		t.Errorf("notes are %v, want %v", ids, want)
	}
}

// TestBatchKeepsErrorsApart: what one write does wrong is not another's trouble,
// and nothing of the wrong one is left.
func TestBatchKeepsErrorsApart(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	batch := []*write{
		{ctx: t.Context(), run: insert("00000000000a")},
		{ctx: t.Context(), run: func(tx tx) error { return errors.Join(insert("00000000000b")(tx), insert("00000000000a")(tx)) }},
		{ctx: ended, run: insert("00000000000c")},
		{ctx: t.Context(), run: func(tx tx) error { _, err := tx.exec(`INSERT INTO nowhere VALUES (1)`); return err }},
		{ctx: t.Context(), run: insert("00000000000d")},
	}
	must(t, s.writer.commit(batch))
	for i, want := range []error{nil, api.ErrConflict, api.ErrUnavailable, nil, nil} {
		if i == 3 {
			if batch[i].err == nil {
				t.Error("a wrong statement had no error")
			}
			continue
		}
		if err := wrap("test", batch[i].err); !errors.Is(err, want) {
			t.Errorf("write %d: error is %v, want %v", i, err, want)
		}
	}
	wantNotes(t, s, "00000000000a", "00000000000d")
}

// TestOnceIsAlone: a batch may run its writes again, so what can be run once is
// not gathered into one, and what came before it does not wait for it.
func TestOnceIsAlone(t *testing.T) {
	t.Parallel()
	w := &writer{queue: make(chan *write, 3)}
	first, second, third, once := &write{}, &write{}, &write{}, &write{once: true}
	w.queue <- second
	w.queue <- once
	w.queue <- third
	batch, alone := w.gather(nil, first)
	if len(batch) != 2 || batch[0] != first || batch[1] != second || alone != once {
		t.Errorf("the batch is of %d writes, and alone is %v", len(batch), alone)
	}
	if batch, alone = w.gather(nil, once); len(batch) != 0 || alone != once {
		t.Errorf("with it are %d writes", len(batch))
	}
}

// TestOnceRunsOnce among writes that fail by half, and is undone when it fails itself.
func TestOnceRunsOnce(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	half := func(tx tx) error { return errors.Join(insert("00000000000a")(tx), insert("00000000000a")(tx)) }
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := s.writer.do(t.Context(), half, nil); err == nil {
				t.Error("a note was made twice")
			}
		})
	}
	for i := range 20 {
		all.Go(func() {
			runs := 0
			err := s.writer.doOnce(t.Context(), func(tx tx) error {
				runs++
				if err := insert(fmt.Sprintf("%012d", i))(tx); err != nil || i%2 == 0 {
					return err
				}
				return errors.New("as it should")
			}, nil)
			if runs != 1 || (err == nil) != (i%2 == 0) {
				t.Errorf("it ran %d times, and its error is %v", runs, err)
			}
		})
	}
	all.Wait()
	ids, err := s.NoteIDs(t.Context(), owner, []string{""}, 100)
	must(t, err)
	if len(ids) != 10 {
		t.Errorf("there are %d notes, want the 10 of those that did not fail", len(ids))
	}
}

// TestBatchFailsTogether: where the commit fails, nobody is told that his note
// is there. The foreign key is looked at when the transaction ends.
func TestBatchFailsTogether(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	_, err := batchOf(t, s, insert("00000000000a"), func(tx tx) error {
		_, err := tx.exec(`PRAGMA defer_foreign_keys = on`)
		stray := testNote("00000000000b", 1)
		stray.Owner = "nobody"
		_, insertErr := tx.exec(insertNote, noteArgs(stray, nil)...)
		return errors.Join(err, insertErr)
	})
	if err == nil {
		t.Error("the commit did not fail")
	}
	wantNotes(t, s)
	must(t, s.CreateNote(t.Context(), testNote("00000000000c", 1), nil)) // and it goes on
	wantNotes(t, s, "00000000000c")
}

// TestBatchWithoutRoom: after SQLITE_FULL SQLite may have undone all of it, so
// all are told.
func TestBatchWithoutRoom(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	_, err := batchOf(t, s, insert("00000000000a"), func(tx tx) error {
		var n int
		must(t, tx.get(`PRAGMA max_page_count = 100`, nil, &n))
		big := testNote("00000000000b", 1)
		big.Body = strings.Repeat("x", api.MaxBody)
		_, err := tx.exec(insertNote, noteArgs(big, nil)...)
		return err
	})
	wantUnavailable(t, wrap("test", err))
	wantNotes(t, s)
}

// holdWriteLock keeps everybody else from writing until release.
func holdWriteLock(t *testing.T, s *Store) (release func()) {
	t.Helper()
	db, err := openDB(s.path, writing, 1)
	must(t, err)
	conn, err := db.Conn(t.Context())
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(conn.Close(), db.Close())) })
	_, err = conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	must(t, err)
	return func() {
		_, err := conn.ExecContext(t.Context(), `ROLLBACK`)
		must(t, err)
	}
}

// TestCallersWhoLeave have a deadline that ends while another process writes:
// one when his transaction is about to begin, one when he still waits for his
// turn. Of neither is anything written.
func TestCallersWhoLeave(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	release := holdWriteLock(t, s)
	for _, id := range []string{"00000000000a", "00000000000b"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		begun := time.Now()
		wantUnavailable(t, s.CreateNote(ctx, testNote(id, 1), nil))
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("it took %s to leave", took)
		}
	}
	release()
	must(t, s.CreateNote(t.Context(), testNote("00000000000c", 1), nil))
	wantNotes(t, s, "00000000000c")
}

// TestCallerWhoLeavesLate does so when his write has begun: it is finished, and
// lists that were read before are known to be old.
func TestCallerWhoLeavesLate(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	err := s.writer.do(ctx, func(tx tx) error {
		leave()
		<-left
		return insert("00000000000a")(tx)
	}, s.changed(owner))
	wantUnavailable(t, wrap("test", err))
	version := s.NotesVersion(owner)
	close(left)
	must(t, s.DeleteThrottle(t.Context(), "the next write"))
	wantNotes(t, s, "00000000000a")
	if s.NotesVersion(owner) == version {
		t.Error("lists read before the late commit are still thought to be right")
	}
}

// TestReadsDoNotWait for a writer.
func TestReadsDoNotWait(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	defer holdWriteLock(t, s)()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := s.User(ctx, owner); err != nil {
		t.Error(err)
	}
}

// TestSlowReadEnds interrupts a statement that would run for minutes.
func TestSlowReadEnds(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	begun := time.Now()
	var n int
	err := s.reads.get(ctx, `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 1000000000) SELECT count(*) FROM i`, nil, &n)
	wantUnavailable(t, wrap("test", err))
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if _, err := s.User(t.Context(), owner); err != nil {
		t.Errorf("the next read: %v", err)
	}
}

// TestVersions wants another number after each kind of write to notes.
func TestVersions(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	n, at := testNote("00000000000a", 1), timeOf(2)
	for name, write := range []func() error{
		func() error { return s.CreateNote(t.Context(), n, nil) },
		func() error { n.TrashedAt, n.Revision = &at, 2; return s.UpdateNote(t.Context(), n, 1, nil) },
		func() error { _, err := s.EmptyTrash(t.Context(), owner, at); return err },
		func() error { _, err := s.ExpireNotes(t.Context(), at, at); return err },
		func() error { return s.DeleteUser(t.Context(), owner, at) },
	} {
		before := s.NotesVersion(owner)
		must(t, write())
		if s.NotesVersion(owner) == before {
			t.Errorf("write %d went unnoticed", name)
		}
	}
}

// TestCloseFinishesWrites: what was answered before the end is there after it.
func TestCloseFinishesWrites(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	const writers = 64
	answered := make(chan string, writers)
	for i := range writers {
		go func() {
			id := fmt.Sprintf("%012d", i)
			if err := s.CreateNote(context.Background(), testNote(id, 1), nil); err != nil {
				wantUnavailable(t, err)
				id = ""
			}
			answered <- id
		}()
	}
	ids := []string{<-answered}
	must(t, s.Close())
	for range writers - 1 {
		ids = append(ids, <-answered)
	}
	reopened := mustOpen(t, s.path)
	for _, id := range ids {
		if _, err := reopened.Note(t.Context(), owner, id); id != "" && err != nil {
			t.Errorf("an answered note: %v", err)
		}
	}
}

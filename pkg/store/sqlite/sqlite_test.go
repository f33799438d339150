package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	effort := storetest.Full
	if testing.Short() { // under the race detector, which takes SQLite twenty times as long
		effort = storetest.Fifth
	}
	storetest.Run(t, effort, func(tb testing.TB) store.Store {
		s, err := Open(tb.Context(), filepath.Join(tb.TempDir(), "notes.db"))
		if err != nil {
			tb.Fatal(err)
		}
		return s
	})
}

const owner = "0123456789ab"

// openTest returns a store with one user.
func openTest(tb testing.TB) *Store {
	tb.Helper()
	s := mustOpen(tb, filepath.Join(tb.TempDir(), "notes.db"))
	must(tb, s.CreateUser(tb.Context(), store.User{ID: owner, Username: "Ada", Key: "ada", PasswordHash: "x"}))
	return s
}

func mustOpen(tb testing.TB, path string) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), path)
	must(tb, err)
	tb.Cleanup(func() { must(tb, s.Close()) })
	return s
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("error is %v, want %v", err, api.ErrUnavailable)
	}
}

// testNote is of the size of most notes: a page of 50 is 10 KB of JSON.
func testNote(id string, ms int64) store.Note {
	return store.Note{
		Note: api.Note{
			NoteMeta: api.NoteMeta{ID: id, Title: "A title of some words", Tags: []string{}, CreatedAt: timeOf(ms), UpdatedAt: timeOf(ms), Revision: 1},
			Body:     "The body of the note is a line.",
		},
		Owner: owner, TitleKey: "a title of some words", Excerpt: "The body of the note is a line.",
	}
}

func TestPragmas(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "query_only": "0", "busy_timeout": "5000", "application_id": "1852798053",
	} {
		var got string
		must(t, s.writer.do(t.Context(), func(tx tx) error { return tx.get("PRAGMA "+pragma, nil, &got) }, nil))
		if got != want {
			t.Errorf("writer: %s is %s, want %s", pragma, got, want)
		}
	}
	for pragma, want := range map[string]string{"query_only": "1", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		must(t, s.readDB.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("reader: %s is %s, want %s", pragma, got, want)
		}
	}
	if _, err := s.readDB.ExecContext(t.Context(), `PRAGMA query_only = off; DELETE FROM users`); err == nil {
		t.Error("a reader can write")
	}
}

// TestNotDurable wants a store refused where a pragma has no effect.
func TestNotDurable(t *testing.T) {
	t.Parallel()
	path := openTest(t).path
	for options, want := range map[string]string{
		"mode=memory&_pragma=foreign_keys(on)":                    "journal_mode is memory",
		"mode=rw&_pragma=foreign_keys(on)&_pragma=synchronous(1)": "synchronous is 1",
		"mode=rw": "foreign_keys is 0",
	} {
		db, err := openDB(path, options, 1)
		must(t, err)
		conn, err := db.Conn(t.Context())
		must(t, err)
		if err := makeDurable(t.Context(), conn); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
		must(t, errors.Join(conn.Close(), db.Close()))
	}
}

// TestPathIsNoURL opens paths with characters that mean something in a URL.
func TestPathIsNoURL(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "a?mode=memory", "a#b", "a%41", "a&b=c", "é", "a;b", "file:a"} {
		path := filepath.Join(t.TempDir(), name, name+".db")
		mustOpen(t, path)
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: not the file that was asked for: %v", name, err)
		}
	}
}

// TestOpenAtOnce opens a store that is not there yet from many sides.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "notes.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestForeignFiles wants what is not ours refused with a sentence and left as it
// is.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	must(t, os.WriteFile(text, []byte(strings.Repeat("This is a text and no database. ", 100)), 0o600))
	other := filepath.Join(dir, "other.db")
	db, err := sql.Open("sqlite", other)
	must(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE songs (title TEXT); PRAGMA user_version = 1`)
	must(t, errors.Join(err, db.Close()))

	for path, want := range map[string]string{text: "not a database", other: "database of another program", dir: "not a file"} {
		before, _ := os.ReadFile(path)
		_, err := Open(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v, want %s and %q", err, path, want)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", path)
		}
	}
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != 2 {
		t.Errorf("other files were made: %v", left)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	must(t, s.CreateNote(t.Context(), testNote("000000000001", 1), nil))
	must(t, s.Close())
	if left, err := filepath.Glob(s.path + "-*"); len(left) != 0 || err != nil {
		t.Errorf("files of the log are left: %v %v", left, err)
	}
	wantUnavailable(t, s.CreateNote(t.Context(), testNote("000000000002", 1), nil))
	_, err := s.Note(t.Context(), owner, "000000000001")
	wantUnavailable(t, err)
	wantUnavailable(t, s.Ping(t.Context()))
}

// TestPingNoticesTheFile wants an alarm when what is written goes to a file that
// nobody will find again.
func TestPingNoticesTheFile(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	must(t, s.Ping(t.Context()))
	must(t, os.Rename(s.path, s.path+".moved"))
	wantUnavailable(t, s.Ping(t.Context()))
	must(t, os.WriteFile(s.path, nil, 0o600))
	wantUnavailable(t, s.Ping(t.Context()))
	must(t, os.Rename(s.path+".moved", s.path))
	must(t, s.Ping(t.Context()))
}

// TestDiskFull lets SQLite believe that the disk ends.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	limit := func(pages int) {
		must(t, s.writer.do(t.Context(), func(tx tx) error {
			var n int
			return tx.get(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages), nil, &n)
		}, nil))
	}
	kept := testNote("000000000001", 1)
	must(t, s.CreateNote(t.Context(), kept, nil))
	limit(100)
	big := testNote("000000000002", 1)
	big.Body = strings.Repeat("x", api.MaxBody)
	err := s.CreateNote(t.Context(), big, nil)
	if wantUnavailable(t, err); !errors.Is(err, store.ErrFull) {
		t.Errorf("error is %v, want %v", err, store.ErrFull)
	}
	_, err = s.Note(t.Context(), owner, big.ID)
	if !errors.Is(err, api.ErrNotFound) {
		t.Errorf("the note that did not fit: %v", err)
	}
	if _, err := s.Note(t.Context(), owner, kept.ID); err != nil {
		t.Errorf("the note that was there: %v", err)
	}
	limit(1 << 30)
	must(t, s.CreateNote(t.Context(), big, nil))
	wantIntact(t, s)
}

// wantIntact lets SQLite look for damage.
func wantIntact(t *testing.T, s *Store) {
	t.Helper()
	var verdict string
	must(t, s.readDB.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict))
	if verdict != "ok" {
		t.Errorf("integrity: %s", verdict)
	}
	var strays int
	must(t, s.readDB.QueryRowContext(t.Context(), `SELECT count(*) FROM pragma_foreign_key_check`).Scan(&strays))
	if strays != 0 {
		t.Errorf("%d rows without their user", strays)
	}
}

// TestPurgedTextIsGone looks below the Store for what a tombstone must not keep.
func TestPurgedTextIsGone(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	n := testNote("000000000001", 1)
	n.Tags, n.Operations = []string{"tag"}, []string{"0123456789ab"}
	must(t, s.CreateNote(t.Context(), n, nil))
	at := timeOf(2)
	n.Revision, n.PurgedAt = 2, &at
	must(t, s.UpdateNote(t.Context(), n, 1, nil))

	trashed := testNote("000000000002", 1)
	trashed.Tags, trashed.TrashedAt = []string{"tag"}, &at
	must(t, s.CreateNote(t.Context(), trashed, nil))
	_, err := s.EmptyTrash(t.Context(), owner, at)
	must(t, err)

	var text string
	var revisions, tags int
	must(t, s.readDB.QueryRowContext(t.Context(), `SELECT
		(SELECT group_concat(title || title_key || excerpt || body || tags || operations, '') FROM notes),
		(SELECT sum(revision) FROM notes), (SELECT count(*) FROM note_tags)`).Scan(&text, &revisions, &tags))
	if text != "" || revisions != 4 || tags != 0 {
		t.Errorf("text %q, revisions %d in all, %d tags; want none, 4 and none", text, revisions, tags)
	}
}

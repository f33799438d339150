package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// said is that a note has a term.
type said struct {
	Term string
	Note int64
}

// wantIndexed wants that the index says what the notes do, and nothing else.
func wantIndexed(t *testing.T, s *Store) {
	t.Helper()
	db, err := openDB(s.path, writing, 1)
	must(t, err)
	defer db.Close()
	for _, query := range []string{
		`INSERT INTO words (words) VALUES ('integrity-check')`,
		`CREATE VIRTUAL TABLE temp.said USING fts5vocab(main, words, instance)`,
	} {
		_, err := db.ExecContext(t.Context(), query)
		must(t, err)
	}
	var got, want []said
	rows, err := db.QueryContext(t.Context(), `SELECT term, ifnull(note, -doc) FROM temp.said LEFT JOIN places ON place = doc`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var v said
		must(t, rows.Scan(&v.Term, &v.Note))
		got = append(got, v)
	}
	must(t, rows.Err())

	notes := 0
	must(t, s.reads.each(t.Context(), `SELECT `+columns("n", true)+`, n.owner, n.number FROM notes n WHERE purged_at IS NULL`, nil,
		func(scan scanFunc) (bool, error) {
			var n store.Note
			var number int64
			err := scanNote(&n, func(dest ...any) error { return scan(append(dest, &n.Owner, &number)...) })
			for _, term := range strings.Fields(termsOf(n)) {
				want = append(want, said{term, number})
			}
			notes++
			return false, err
		}))
	order := func(a, b said) int { return cmp.Or(cmp.Compare(a.Note, b.Note), strings.Compare(a.Term, b.Term)) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("the index is not of the notes (-want +got):\n%s", d)
	}
	for _, table := range []string{"places", "words_docsize"} {
		var n int
		must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n))
		if n != notes {
			t.Errorf("%d %s of %d notes", n, table, notes)
		}
	}
	if f := s.inspectIndex(t.Context()); f.Level != store.LevelOK {
		t.Errorf("a check finds %q", f.Text)
	}
}

// scribbler writes anything anywhere.
type scribbler struct {
	*Store
	r     *rand.Rand
	words wordsOf
	notes []store.Note // as they were written last; some are gone
}

func newScribbler(s *Store) *scribbler {
	return &scribbler{Store: s, r: rand.New(rand.NewPCG(5, 6)), words: newWords()}
}

func (s *scribbler) note(owner string) store.Note {
	n := testNote(api.NewID(), s.r.Int64N(20))
	n.Owner, n.Title, n.Body = owner, s.words.text(3), s.words.text(s.r.IntN(30))
	if s.r.IntN(4) == 0 {
		n.ID = "0k0k" + n.ID[4:] // many of them want the same place
	}
	s.notes = append(s.notes, n)
	return n
}

// change returns a write to a note, which may fail.
func (s *scribbler) change() store.Write {
	n := &s.notes[s.r.IntN(len(s.notes))]
	c := store.Change{Operation: store.Operation{ID: api.NewID(), At: timeOf(1)}, Apply: func(n *store.Note) (bool, error) {
		switch s.r.IntN(6) {
		case 0:
			n.Body = s.words.text(20)
		case 1:
			n.UpdatedAt = timeOf(s.r.Int64N(20))
		case 2:
			n.Tags = []string{s.words.word(5)}
		case 3:
			n.TrashedAt = new(timeOf(1))
		case 4:
			n.Pinned = !n.Pinned
		case 5:
			n.PurgedAt = new(timeOf(2))
		}
		return true, nil
	}}
	w, _, _ := c.Plan(*n)
	if s.r.IntN(8) == 0 {
		w.Revision += 3 // stale
		return w
	}
	*n = w.Note
	return w
}

// TestIndexFollowsWrites compares the index with one made anew after writes of all
// kinds, many in one transaction, some of which fail.
func TestIndexFollowsWrites(t *testing.T) {
	t.Parallel()
	s := newScribbler(openTest(t))
	owners := []string{owner, "0123456789aa", "0123456789ac"}
	for _, o := range owners[1:] {
		must(t, s.CreateUser(t.Context(), store.User{ID: o, Username: o, Key: o, PasswordHash: "x"}))
	}
	for round := range 12 {
		var writes []store.Write
		for range 60 {
			writes = append(writes, store.Write{Note: s.note(owners[s.r.IntN(3)])})
		}
		for range 60 {
			writes = append(writes, s.change()) // some of notes that are made in the same transaction
		}
		_ = s.WriteNotes(t.Context(), writes)
		done := make(chan struct{})
		for range 30 {
			w := s.change()
			go func() {
				_ = s.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace)
				done <- struct{}{}
			}()
		}
		for range 30 {
			<-done
		}
		switch round {
		case 3:
			_, err := s.EmptyTrash(t.Context(), owner, timeOf(3))
			must(t, err)
		case 5:
			_, err := s.ExpireNotes(t.Context(), timeOf(2), timeOf(3))
			must(t, err)
		case 7:
			must(t, s.DeleteUser(t.Context(), owners[2], timeOf(3)))
		case 9:
			_, err := s.ExpireTombstones(t.Context(), timeOf(9))
			must(t, err)
		}
		wantIndexed(t, s.Store)
	}
	wantIntact(t, s.Store)
}

// TestUserLeavesTheIndexInOrder: FTS5 writes out what it has whenever a row comes that is
// below the last one, which makes the deletion of an account many times as slow.
func TestUserLeavesTheIndexInOrder(t *testing.T) {
	t.Parallel()
	s := newScribbler(openTest(t))
	for range 3 {
		var writes []store.Write
		for range 200 {
			writes = append(writes, store.Write{Note: s.note(owner)})
		}
		for _, err := range s.WriteNotes(t.Context(), writes) {
			must(t, err)
		}
	}
	for _, query := range []string{
		`CREATE TABLE went (number INTEGER PRIMARY KEY, place INTEGER NOT NULL)`,
		`CREATE TRIGGER place_went AFTER DELETE ON places BEGIN INSERT INTO went (place) VALUES (old.place); END`,
	} {
		_, err := s.exec(t.Context(), query)
		must(t, err)
	}
	must(t, s.DeleteUser(t.Context(), owner, timeOf(1)))
	var places []int64
	must(t, s.reads.each(t.Context(), `SELECT place FROM went ORDER BY number`, nil, func(scan scanFunc) (bool, error) {
		var place int64
		err := scan(&place)
		places = append(places, place)
		return false, err
	}))
	if len(places) != 600 || !slices.IsSorted(places) {
		t.Errorf("%d places went, in their order %t", len(places), slices.IsSorted(places))
	}
}

// TestPlacesKeepTheOrder wants that a note does not belong below one before it.
func TestPlacesKeepTheOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	var notes []store.Note
	for _, ms := range []int64{-62167219200000, -1, 0, 1, 1_700_000_000_000, 1_700_000_000_001, 1<<42 - 1, 1 << 42, 253402300799999} {
		for range 50 {
			notes = append(notes, testNote(api.NewID(), ms))
		}
	}
	for range 100 {
		notes = append(notes, testNote(api.NewID(), r.Int64N(1<<40)))
	}
	slices.SortFunc(notes, later)
	places := map[int64]bool{}
	for i, n := range notes {
		places[placeOf(n.UpdatedAt, n.ID)] = true
		if i > 0 && placeOf(n.UpdatedAt, n.ID) > placeOf(notes[i-1].UpdatedAt, notes[i-1].ID) {
			t.Errorf("%s of %s belongs above %s of %s", n.ID, n.UpdatedAt, notes[i-1].ID, notes[i-1].UpdatedAt)
		}
	}
	if len(places) < 345 { // 200 notes share two, and few others do
		t.Errorf("%d notes have %d places", len(notes), len(places))
	}
}

// rebuilt opens a store whose index was made by another tokenizer, of which
// nothing fits.
func rebuilt(t *testing.T, s *Store, spoil string) *Store {
	t.Helper()
	_, err := s.exec(t.Context(), spoil)
	must(t, err)
	_, err = s.exec(t.Context(), `UPDATE index_state SET tokenizer = 99`)
	must(t, err)
	must(t, s.Close())
	if _, err := OpenExisting(t.Context(), s.path); !isOlder(err) {
		t.Errorf("error is %v, want that of an older store", err)
	}
	return mustOpen(t, s.path)
}

func TestReindex(t *testing.T) {
	t.Parallel()
	damages := []string{
		`DELETE FROM words WHERE rowid % 2 = 0`,
		`DELETE FROM places WHERE note % 2 = 0`,
		`INSERT INTO words (words) VALUES ('delete-all')`,
		`INSERT INTO words (rowid, tokens) VALUES (7, '` + owner + `anonsense')`,
	}
	if testing.Short() {
		damages = damages[:1]
	}
	for _, spoil := range damages {
		s := newScribbler(openTest(t))
		var writes []store.Write
		for range 1200 { // more than are read at once
			writes = append(writes, store.Write{Note: s.note(owner)})
		}
		for _, err := range s.WriteNotes(t.Context(), writes) {
			must(t, err)
		}
		for range 200 {
			w := s.change()
			_ = s.UpdateNote(t.Context(), w.Note, w.Revision, w.Trace)
		}
		again := rebuilt(t, s.Store, spoil)
		wantIndexed(t, again)
		if again.MigrationBackup() != "" {
			t.Error("there is a backup of an index")
		}
		must(t, again.CreateNote(t.Context(), testNote(api.NewID(), 1), nil))
		wantIndexed(t, again)
	}
}

// TestNewerIndexIsRefused: made anew by the rules of this program, it would not find what the
// newer one looks for.
func TestNewerIndexIsRefused(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	_, err := s.exec(t.Context(), `UPDATE index_state SET tokenizer = ?`, indexVersion+1)
	must(t, err)
	must(t, s.Close())
	for name, open := range map[string]func(context.Context, string) (*Store, error){"Open": Open, "OpenExisting": OpenExisting} {
		if _, err := open(t.Context(), s.path); err == nil || !strings.Contains(err.Error(), "a newer notesd was here") {
			t.Errorf("%s: error is %v, want one that says who was here", name, err)
		}
	}
}

// TestMigrationIndexes brings a store to this version that has notes and no index.
func TestMigrationIndexes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	old, err := open(t.Context(), path, migrations[:indexed-1])
	must(t, err)
	_, err = old.exec(t.Context(), insertUser, userArgs(store.User{ID: owner, Username: "Ada", Key: "ada", PasswordHash: "x"})...)
	must(t, err)
	insertThen := strings.NewReplacer(", seq)", ")", "(?, ", "(").Replace(insertNote)
	for i := range 1500 {
		n := testNote(fmt.Sprintf("%012d", i), int64(i))
		n.Body, n.Tags = fmt.Sprintf("milk %d", i), []string{"shopping", fmt.Sprintf("tag%d", i%3)}
		_, err := old.exec(t.Context(), insertThen, noteArgs(n, nil)[:17]...)
		must(t, err)
	}
	must(t, old.Close())

	interrupted := &endingContext{Context: t.Context()}
	interrupted.left.Store(2)
	if _, err := Open(interrupted, path); !errors.Is(err, context.Canceled) {
		t.Fatalf("error is %v, want %v", err, context.Canceled)
	}
	s := mustOpen(t, path)
	wantIndexed(t, s)
	notes, _, err := s.ListNotes(t.Context(), owner, store.ListQuery{State: api.StateAll, Search: search.Parse("milk 77"), Limit: 3, MaxBytes: 1 << 20})
	must(t, err)
	if len(notes) == 0 || notes[0].Body != "milk 779" {
		t.Errorf("found %d notes, the first is %+v", len(notes), notes)
	}
	tags, err := s.ListTags(t.Context(), owner)
	must(t, err)
	if len(tags) != 4 || tags[0] != (api.TagCount{Tag: "shopping", Count: 1500}) || tags[1].Count != 500 {
		t.Errorf("tags are %v", tags)
	}
}

// endingContext ends when it has been asked so many times whether it has.
type endingContext struct {
	context.Context
	left atomic.Int32
}

func (c *endingContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func (c *endingContext) Deadline() (time.Time, bool) { return time.Time{}, false }

// TestInspectIndex spoils an index in each way, and wants to be told.
func TestInspectIndex(t *testing.T) {
	t.Parallel()
	for _, spoil := range []string{
		`DELETE FROM places WHERE note = 3`,
		`DELETE FROM words WHERE rowid = (SELECT place FROM places WHERE note = 3)`,
		`INSERT INTO words (rowid, tokens) VALUES (7, '` + owner + `anonsense')`,
		`UPDATE notes SET body = 'quite another text' WHERE number = 3`,
	} {
		s := newScribbler(openTest(t))
		for range 20 {
			must(t, s.CreateNote(t.Context(), s.note(owner), nil))
		}
		if f := s.inspectIndex(t.Context()); f.Level != store.LevelOK {
			t.Fatalf("the index of new notes: %s", f.Text)
		}
		_, err := s.exec(t.Context(), spoil)
		must(t, err)
		if f := s.inspectIndex(t.Context()); f.Level != store.LevelError || !strings.Contains(f.Hint, "restore") {
			t.Errorf("after %s: %+v", spoil, f)
		}
	}
}

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestCopyKilled kills a copy twice in the middle, changes the source after each
// time, and lets it go on. In the end both stores hold the same.
func TestCopyKilled(t *testing.T) {
	t.Parallel()
	file := func() string { return "sqlite:" + t.TempDir() + "/notes.db" }
	for name, urls := range map[string][2]string{
		"SQLite to MongoDB": {file(), mongotest.URI(t)},
		"MongoDB to SQLite": {mongotest.URI(t), file()},
		"SQLite to SQLite":  {file(), file()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to, filled := urls[0], urls[1], file()
			notes := 2600
			if strings.Contains(from+to, "mongodb:") {
				notes = 1600 // FerretDB reads all of a collection before it gives the first
			}
			fillDirectly(t, filled, notes)
			done(t, "copy", "--from", filled, "--to", from)
			count := notesCounter(t, to)
			kept := map[string]int64{}
			for i := range 2 {
				killInTheMiddle(t, count, program(t, "copy", "--from", from, "--to", to))
				refused(t, "not whole yet", "users", "list", "--store", to)
				refused(t, "not whole yet", "--addr", "127.0.0.1:0", "--store", to)
				refused(t, "to become a copy of "+sourceName(from)+", and not of", "copy", "--from", filled, "--to", to)
				changeDirectly(t, from, i)
				if i == 0 {
					kept = rowNumbers(t, to)
				}
			}
			said := done(t, "copy", "--from", from, "--to", to)
			wantVerified(t, said)
			if !strings.Contains(said, "going on with the copy") {
				t.Errorf("the last copy says %q", said)
			}
			if got, want := sums(t, to), sums(t, from); got != want {
				t.Errorf("the copy holds %+v, the source %+v", got, want)
			}
			wantNotWrittenAgain(t, kept, rowNumbers(t, to))
			done(t, "check", "--store", to, "--addr", freeAddr(t))
		})
	}
}

// TestCopyInterrupted: Ctrl-C ends a copy with a word, and the same command goes on.
func TestCopyInterrupted(t *testing.T) {
	t.Parallel()
	from := "sqlite:" + t.TempDir() + "/notes.db"
	fillDirectly(t, from, 1600)
	for _, to := range stores(t) {
		cmd := program(t, "copy", "--from", from, "--to", to)
		said := signalInTheMiddle(t, notesCounter(t, to), cmd, os.Interrupt)
		if want := "notesd: interrupted: the copy is not whole\nhint: the same command goes on with it\n"; cmd.ProcessState.ExitCode() != exitError || said != want {
			t.Errorf("exit code %d, %q, want %q", cmd.ProcessState.ExitCode(), said, want)
		}
		refused(t, "not whole yet", "users", "list", "--store", to)
		wantVerified(t, done(t, "copy", "--from", from, "--to", to))
	}
}

// fillDirectly puts four users with so many notes and their history into a store.
func fillDirectly(t *testing.T, url string, notes int) {
	t.Helper()
	serveStore(t, "--store", url).stop()
	st := openDirectly(t, url)
	for u := range 4 {
		id := addUserDirectly(t, st, fmt.Sprint("user", u))
		var writes []store.Write
		for i := range notes / 4 {
			o := store.Operation{Owner: id, ID: api.NewID(), At: api.TimeOf(time.Unix(int64(i), 0)), Action: api.ActionCreate, Session: "s", Label: "laptop"}
			w := o.Created(noteOf(id, fmt.Sprint(i)))
			writes = append(writes, w)
			if i%5 == 0 {
				writes = append(writes, appended(t, w.Note))
			}
		}
		writeDirectly(t, st, writes)
	}
}

func openDirectly(t *testing.T, url string) store.Store {
	t.Helper()
	st, err := openAdmin(t.Context(), config{store: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func addUserDirectly(t *testing.T, st store.Store, name string) (id string) {
	t.Helper()
	id = api.NewID()
	err := st.CreateUser(t.Context(), store.User{ID: id, Username: name, Key: name, PasswordHash: "x", CreatedAt: api.TimeOf(time.Unix(1, 0))})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func noteOf(owner, title string) store.Note {
	n := store.Note{Owner: owner, TitleKey: title}
	n.ID, n.Title, n.Body, n.Tags, n.Revision = api.NewID(), title, strings.Repeat(title+" text\n", 20), []string{"tag"}, 1
	n.CreatedAt, n.UpdatedAt = api.TimeOf(time.Unix(1, 0)), api.TimeOf(time.Unix(1, 0))
	return n
}

// appended is the write of a text that was added to a note.
func appended(t *testing.T, n store.Note) store.Write {
	t.Helper()
	c := store.Change{
		Operation: store.Operation{Owner: n.Owner, ID: api.NewID(), At: api.TimeOf(time.Unix(9, 0)), Action: api.ActionAppend, Session: "s", Label: "laptop"},
		Apply:     func(n *store.Note) (bool, error) { n.Body += "more"; return true, nil },
	}
	w, _, err := c.Plan(n)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func writeDirectly(t *testing.T, st store.Store, writes []store.Write) {
	t.Helper()
	for i, err := range st.WriteNotes(t.Context(), writes) {
		if err != nil {
			t.Fatalf("write %d: %v", i, err)
		}
	}
}

// changeDirectly does to a source what may happen between a copy that was killed
// and the next: notes come, change and go, and a user makes room for another one
// of the same name.
func changeDirectly(t *testing.T, url string, round int) {
	t.Helper()
	st := openDirectly(t, url)
	name := fmt.Sprint("user", round)
	u, err := st.UserByKey(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.DeleteUser(t.Context(), u.ID, api.TimeOf(time.Unix(1, 0))); err != nil {
		t.Fatal(err)
	}
	writeDirectly(t, st, []store.Write{{Note: noteOf(addUserDirectly(t, st, name), "new")}})
	for other, err := range store.AllUsers(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		notes, _, err := st.ListNotes(t.Context(), other.ID, store.ListQuery{
			State: api.StateActive, Sort: api.SortID, Order: api.OrderAsc, Limit: 3, MaxBytes: 1 << 20,
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(notes) < 3 {
			continue
		}
		writeDirectly(t, st, []store.Write{appended(t, notes[0]), {Note: noteOf(other.ID, "added")}})
		at := api.TimeOf(time.Unix(20, 0))
		gone := notes[1]
		gone.PurgedAt, gone.Revision = &at, gone.Revision+1
		if err := st.UpdateNote(t.Context(), gone, gone.Revision-1, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// killInTheMiddle kills a copy when more notes are there than before, and wants it
// not to have ended.
func killInTheMiddle(t *testing.T, count func() int, cmd *exec.Cmd) {
	t.Helper()
	if said := signalInTheMiddle(t, count, cmd, os.Kill); cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("it ended before it was killed, with %d: %s", cmd.ProcessState.ExitCode(), said)
	}
}

// signalInTheMiddle sends a copy a signal when more notes are there than before, and
// returns what it said.
func signalInTheMiddle(t *testing.T, count func() int, cmd *exec.Cmd, sig os.Signal) (said string) {
	t.Helper()
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	before := count()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.Now().Add(time.Minute)
	for count() <= before && time.Now().Before(late) {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatalf("it ended before the signal: %v: %s", err, &b)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatalf("it ended before the signal: %s", &b)
	}
	t.Logf("%v with %d notes there, after %d", sig, count(), before)
	return b.String()
}

// notesCounter returns what counts the notes in a store that nobody may open.
func notesCounter(t *testing.T, url string) (count func() int) {
	t.Helper()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		db := openFile(t, path)
		return func() (n int) {
			_ = db.QueryRowContext(t.Context(), `SELECT count(*) FROM notes`).Scan(&n) // there may be no file yet
			return n
		}
	}
	cs, err := connstring.ParseAndValidate(url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := mongo.Connect(t.Context(), options.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Disconnect(t.Context()) })
	return func() int {
		n, err := c.Database(cs.Database).Collection("notes").CountDocuments(t.Context(), bson.M{})
		if err != nil {
			t.Fatal(err)
		}
		return int(n)
	}
}

func openFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// rowNumbers returns the rows that notes have in a SQLite file, by owner and id. A
// note that is written again has another one.
func rowNumbers(t *testing.T, url string) map[string]int64 {
	t.Helper()
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return nil
	}
	rows, err := openFile(t, path).QueryContext(t.Context(), `SELECT owner || id, number FROM notes`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	numbers := map[string]int64{}
	for rows.Next() {
		var key string
		var number int64
		if err := rows.Scan(&key, &number); err != nil {
			t.Fatal(err)
		}
		numbers[key] = number
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return numbers
}

// wantNotWrittenAgain wants all notes but those that changed to be in the rows that
// they had.
func wantNotWrittenAgain(t *testing.T, before, after map[string]int64) {
	t.Helper()
	again := 0
	for key, number := range before {
		if now, there := after[key]; there && now != number {
			again++
		}
	}
	if again > 12 { // two for each user and change
		t.Errorf("%d of %d notes were written again", again, len(before))
	}
}

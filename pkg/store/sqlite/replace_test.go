package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// storeOf makes a closed store in dir that holds a note of this id.
func storeOf(t *testing.T, path, id string) {
	t.Helper()
	s, err := Open(t.Context(), path)
	must(t, err)
	must(t, s.CreateUser(t.Context(), store.User{ID: owner, Username: "Ada", Key: "ada", PasswordHash: "x"}))
	must(t, s.CreateNote(t.Context(), testNote(id, 1), nil))
	must(t, s.Close())
}

// wantStoreOf wants one with this note, and no damage, at path.
func wantStoreOf(t *testing.T, path, id string) {
	t.Helper()
	s, err := OpenExisting(t.Context(), path)
	must(t, err)
	if _, err := s.Note(t.Context(), owner, id); err != nil {
		t.Errorf("%s: note %s: %v", path, id, err)
	}
	must(t, s.Verify(t.Context()))
	must(t, s.Close())
}

const oldID, newID = "00000000000a", "00000000000b"

// crashed copies an open store, whose notes are in the log, to another folder: as
// a process that was killed leaves it.
func crashed(t *testing.T) (path string) {
	t.Helper()
	s := openTest(t)
	must(t, s.CreateNote(t.Context(), testNote(oldID, 1), nil))
	path = filepath.Join(t.TempDir(), "notes.db")
	for _, name := range []string{"", "-wal", "-shm"} {
		data, err := os.ReadFile(s.path + name)
		must(t, err)
		must(t, os.WriteFile(path+name, data, 0o600))
	}
	return path
}

// TestReplaceCutShort lets Replace end behind each of its steps: what is at the
// path is the old store, with what was in its log, or the new one.
func TestReplaceCutShort(t *testing.T) {
	t.Parallel()
	const steps = 9
	for done := range steps + 1 {
		t.Run(fmt.Sprint(done), func(t *testing.T) {
			t.Parallel()
			path := crashed(t)
			from, kept := path+".new", path+".kept"
			storeOf(t, from, newID)
			all := replacement(t.Context(), path, from, kept, true)
			if len(all) != steps {
				t.Fatalf("there are %d steps, and %d are tried", len(all), steps)
			}
			for _, step := range all[:done] {
				must(t, step())
			}
			if done < steps {
				wantStoreOf(t, path, oldID)
				return
			}
			wantStoreOf(t, path, newID)
			wantStoreOf(t, kept, oldID)
		})
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	path := crashed(t)
	from := path + ".new"
	storeOf(t, from, newID)
	kept, err := Replace(t.Context(), path, from, ".kept")
	must(t, err)
	wantStoreOf(t, path, newID)
	wantStoreOf(t, kept, oldID)
	if left, _ := filepath.Glob(path + "*"); len(left) != 2 {
		t.Errorf("there is more than two stores: %v", left)
	}

	storeOf(t, from, oldID)
	if _, err := Replace(t.Context(), path, from, ".kept"); !errors.Is(err, os.ErrExist) {
		t.Errorf("a name that is taken: %v", err)
	}
	wantStoreOf(t, path, newID)
}

func TestReplaceNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	storeOf(t, path+".new", newID)
	kept, err := Replace(t.Context(), path, path+".new", ".kept")
	must(t, err)
	wantStoreOf(t, path, newID)
	if left, _ := filepath.Glob(path + "*"); kept != "" || len(left) != 1 {
		t.Errorf("kept %q of nothing: %v", kept, left)
	}
}

// TestReplaceLostFile wants what a store whose file is gone has left beside it kept
// and out of the way: SQLite would play it into the new store.
func TestReplaceLostFile(t *testing.T) {
	t.Parallel()
	path := crashed(t)
	must(t, os.Remove(path))
	must(t, os.WriteFile(path+"-journal", []byte("of the old store"), 0o600))
	wal, err := os.ReadFile(path + "-wal")
	must(t, err)
	storeOf(t, path+".new", newID)
	kept, err := Replace(t.Context(), path, path+".new", ".kept")
	must(t, err)
	if kept != "" {
		t.Errorf("kept %q of a file that is gone", kept)
	}
	for _, name := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Stat(path + name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is beside the new store: %v", name, err)
		}
	}
	wantStoreOf(t, path, newID)
	if got, err := os.ReadFile(path + ".kept-wal"); err != nil || !bytes.Equal(got, wal) {
		t.Errorf("the log of the old store: %v", err)
	}
}

// TestReplaceByOneWithALog wants what is in the log of the new store to come with
// it: closing a store on a full disk leaves one, and is no error to SQLite.
func TestReplaceByOneWithALog(t *testing.T) {
	t.Parallel()
	from := crashed(t)
	path := filepath.Join(filepath.Dir(from), "other.db")
	_, err := Replace(t.Context(), path, from, ".kept")
	must(t, err)
	wantStoreOf(t, path, oldID)
	if left, _ := filepath.Glob(from + "*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestReplaceInUse wants a store left alone whose log cannot be put into it: one
// that is being read.
func TestReplaceInUse(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	must(t, s.CreateNote(t.Context(), testNote(oldID, 1), nil))
	for _, err := range s.Dump(t.Context()) {
		must(t, err)
		must(t, s.CreateNote(t.Context(), testNote(newID, 1), nil)) // behind what is being read
		from := s.path + ".new"
		storeOf(t, from, newID)
		if _, err := Replace(t.Context(), s.path, from, ".kept"); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("error is %v", err)
		}
		break
	}
	if left, _ := filepath.Glob(s.path + ".kept*"); len(left) > 0 {
		t.Errorf("there is %v", left)
	}
	wantStoreOf(t, s.path, oldID)
}

// TestReplaceDamaged wants an old store that cannot be opened kept byte for byte,
// with its log, which must not meet the new store.
func TestReplaceDamaged(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]string{
		"empty":   "",
		"foreign": strings.Repeat("no database", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := crashed(t)
			must(t, os.WriteFile(path, []byte(old), 0o600))
			wal, err := os.ReadFile(path + "-wal")
			must(t, err)
			storeOf(t, path+".new", newID)
			kept, err := Replace(t.Context(), path, path+".new", ".kept")
			must(t, err)
			wantStoreOf(t, path, newID)
			if got, err := os.ReadFile(kept + "-wal"); err != nil || !bytes.Equal(got, wal) {
				t.Errorf("the log of the old store: %v", err)
			}
			if got, err := os.ReadFile(kept); err != nil || string(got) != old {
				t.Errorf("the old store: %v", err)
			}
		})
	}
}

// TestReplaceHeadOnly wants as much where there is no log, and SQLite is the one to
// find that it is no database.
func TestReplaceHeadOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	old := "SQLite format 3\x00" + strings.Repeat("no database", 1000)
	must(t, os.WriteFile(path, []byte(old), 0o600))
	if err := absorbLog(t.Context(), path); !errors.Is(err, ErrDamaged) {
		t.Errorf("error is %v", err)
	}
	storeOf(t, path+".new", newID)
	kept, err := Replace(t.Context(), path, path+".new", ".kept")
	must(t, err)
	wantStoreOf(t, path, newID)
	if got, err := os.ReadFile(kept); err != nil || string(got) != old {
		t.Errorf("the old store: %v", err)
	}
}

// TestVerify damages a store in the middle of a page, and takes a user away from
// what is his.
func TestVerify(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for i := range 50 {
		n := testNote(fmt.Sprintf("%012d", i), int64(i))
		n.Body = strings.Repeat(n.ID, 1000)
		must(t, s.CreateNote(t.Context(), n, nil))
	}
	must(t, s.Verify(t.Context()))
	must(t, s.Close())

	data, err := os.ReadFile(s.path)
	must(t, err)
	for name, damage := range map[string]func([]byte) []byte{
		"an index": func(b []byte) []byte { // the index comes behind the table, and differs from it now
			i := bytes.LastIndex(b, []byte(owner+"000000000007"))
			b = slices.Clone(b)
			b[i+len(owner)] = '9'
			return b
		},
		"the end is missing": func(b []byte) []byte { return b[:len(b)-3*4096] },
	} {
		path := filepath.Join(t.TempDir(), "notes.db")
		must(t, os.WriteFile(path, damage(data), 0o600))
		damaged, err := OpenExisting(t.Context(), path)
		if err == nil {
			err = errors.Join(damaged.Verify(t.Context()), damaged.Close())
		}
		if err == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func isOlder(err error) bool {
	_, ok := errors.AsType[*OlderError](err)
	return ok
}

func TestOpenExisting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := OpenExisting(t.Context(), filepath.Join(dir, "no", "notes.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no store: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
	old := filepath.Join(dir, "old.db")
	s, err := open(t.Context(), old, migrations[:1])
	must(t, err)
	must(t, s.Close())
	if _, err := OpenExisting(t.Context(), old); !isOlder(err) {
		t.Errorf("an older store: %v", err)
	}
	empty := filepath.Join(dir, "empty.db")
	must(t, os.WriteFile(empty, nil, 0o600))
	if _, err := OpenExisting(t.Context(), empty); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty file: %v", err)
	}
	s = openTest(t)
	beside, err := OpenExisting(t.Context(), s.path)
	must(t, err)
	must(t, beside.CreateNote(t.Context(), testNote(newID, 1), nil))
	must(t, beside.Close())
	if _, err := s.Note(t.Context(), owner, newID); err != nil {
		t.Errorf("what a program beside wrote: %v", err)
	}
	if _, err := s.Note(t.Context(), owner, oldID); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("error is %v", err)
	}
}

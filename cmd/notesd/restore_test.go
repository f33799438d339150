package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRestoreRefused wants nothing touched by a restore that is refused.
func TestRestoreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := "sqlite:" + dir + "/notes.db"
	server := serveStore(t, "--store", url)
	addNote(t, as(t, server.url, signUp(t, server.url, "ann")), "kept")
	good := filepath.Join(t.TempDir(), "good")
	done(t, "backup", good, "--store", url)
	refused(t, "in use by process", "restore", good, "--store", url)
	server.stop()

	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	for name, file := range map[string][]byte{
		"empty":     {},
		"foreign":   []byte("SQLite format 3\x00"),
		"truncated": data[:len(data)-1],
		"half":      data[:len(data)/2],
		"flipped":   append(append(bytes.Clone(data[:len(data)/2]), data[len(data)/2]^1), data[len(data)/2+1:]...),
		"longer":    append(bytes.Clone(data), 0),
	} {
		bad := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(bad, file, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, bad+": backup: ", "restore", bad, "--store", url)
		refused(t, bad+": backup: ", "backup", "verify", bad)
		if d := cmp.Diff(before, filesIn(t, dir)); d != "" {
			t.Errorf("%s: the folder of the store (-before +after):\n%s", name, d)
		}
	}
}

// TestRestoreAfterOneCutShort wants nothing of an earlier restore in the store.
func TestRestoreAfterOneCutShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := "sqlite:" + dir + "/notes.db"
	server := serveStore(t, "--store", url)
	token := signUp(t, server.url, "ann")
	addNote(t, as(t, server.url, token), "kept")
	file := filepath.Join(t.TempDir(), "notes.gz")
	done(t, "backup", file, "--store", url)
	for _, name := range []string{"notes.db", "notes.db-wal"} { // as one that was killed leaves it
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		name = strings.Replace(name, ".db", ".db.restoring", 1)
		if err := os.WriteFile(filepath.Join(dir, name), data[:len(data)/2], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server.stop()
	done(t, "restore", file, "--store", url)
	if left, _ := filepath.Glob(dir + "/*.restoring*"); len(left) > 0 {
		t.Errorf("there is %v", left)
	}
	wantTitles(t, as(t, serveStore(t, "--store", url).url, token), "kept")
}

// TestRestoreOverABackup wants a backup never taken for the store.
func TestRestoreOverABackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(t.TempDir(), "notes.db")
	serveStore(t, "--store", url).stop()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	done(t, "backup", first, "--store", url)
	done(t, "backup", second, "--store", url)
	before := filesIn(t, dir)
	for _, path := range []string{first, second} {
		refused(t, path+" is no store, but a backup\nhint: --store", "restore", first, "--store", "sqlite:"+path)
	}
	if d := cmp.Diff(before, filesIn(t, dir)); d != "" {
		t.Errorf("the backups (-before +after):\n%s", d)
	}
	if said, code := notesd(t, "restore", first, "--store", "sqlite:"+first+"/notes.db"); code != 1 || strings.Contains(said, "hint") {
		t.Errorf("a path that cannot be: exit code %d: %s", code, said)
	}
}

// TestRestoreInterrupted wants the store as it was, and a sentence that says so.
func TestRestoreInterrupted(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "notes.gz")
	path := filepath.Join(dir, "notes.db")
	server := serveStore(t, "--store", "sqlite:"+path)
	addNote(t, as(t, server.url, signUp(t, server.url, "ann")), "kept")
	done(t, "backup", file, "--store", "sqlite:"+path)
	server.stop()
	before := filesIn(t, dir)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for want, args := range map[string][]string{
		"notesd: interrupted: nothing was restored, the store is as it was\n": {"restore", file, "--store", "sqlite:" + path},
		"notesd: interrupted\n": {"backup", "verify", file},
	} {
		var out bytes.Buffer
		if code := run(ended, args, &out, &out, none); code != 1 || out.String() != want {
			t.Errorf("notesd %q: exit code %d: %s", args, code, &out)
		}
	}
	r, err := newRestore(t.Context(), file, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.intoSQLite(ended, path, time.Now()); !errors.Is(err, errCutShort) {
		t.Errorf("interrupted when the file had been read: %v", err)
	}
	if err := r.intoMongo(ended, "mongodb://"+freeAddr(t)+"/notes"); err == nil || !strings.HasPrefix(err.Error(), "interrupted: ") {
		t.Errorf("interrupted before MongoDB was reached: %v", err)
	}
	if d := cmp.Diff(before, filesIn(t, dir)); d != "" {
		t.Errorf("the folder of the store (-before +after):\n%s", d)
	}
}

// filesIn returns the files below dir with sums of what they hold.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

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
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// future are the migrations of the program after this one.
var future = append(slices.Clip(migrations), `ALTER TABLE users ADD COLUMN colour TEXT; UPDATE users SET colour = 'red'`)

// backupName is the file in which that program keeps a store of this one.
func backupName(path string) string { return fmt.Sprintf("%s.backup-v%d", path, len(migrations)) }

// oldStore makes a store of this program with one note in it.
func oldStore(t *testing.T) (path string) {
	t.Helper()
	s := openTest(t)
	must(t, s.CreateNote(t.Context(), testNote("000000000001", 1), nil))
	must(t, s.Close())
	return s.path
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	path := oldStore(t)
	before := time.Now()
	for _, want := range []string{backupName(path), ""} { // the second time there is nothing to do
		s, err := open(t.Context(), path, future)
		must(t, err)
		if s.MigrationBackup() != want {
			t.Errorf("the backup is %q, want %q", s.MigrationBackup(), want)
		}
		if _, err := s.Note(t.Context(), owner, "000000000001"); err != nil {
			t.Errorf("the note after the migration: %v", err)
		}
		var colour string
		must(t, s.readDB.QueryRowContext(t.Context(), `SELECT colour FROM users`).Scan(&colour))
		if colour != "red" {
			t.Errorf("colour is %q", colour)
		}
		must(t, s.Close())
	}

	backup := mustOpen(t, backupName(path)) // this program knows what it was before
	if _, err := backup.Note(t.Context(), owner, "000000000001"); err != nil {
		t.Errorf("the note in the backup: %v", err)
	}
	wantIntact(t, backup)
	info, err := os.Stat(backupName(path))
	must(t, err)
	if info.Mode() != 0o600 || info.ModTime().Before(before.Add(-time.Second)) {
		t.Errorf("the backup is %v of %v", info.Mode(), info.ModTime())
	}
	if left, _ := filepath.Glob(path + "*.part*"); len(left) > 0 {
		t.Errorf("parts are left: %v", left)
	}
}

// TestMigrateFromTheFirst brings a store to this version that the first program
// made.
func TestMigrateFromTheFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	first, err := open(t.Context(), path, migrations[:1])
	must(t, err)
	_, err = first.exec(t.Context(), `INSERT INTO users (id, username, key, password_hash, created_at) VALUES ('u', 'U', 'u', 'h', 1)`)
	must(t, err)
	_, err = first.exec(t.Context(), `INSERT INTO sessions
		(id, user_id, kind, label, created_at, last_used_at, expires_at, generation, secret_hash, rotated_at)
		VALUES ('s', 'u', 'cli', '', 1, 2, 3, 0, x'00', 4)`)
	must(t, err)
	must(t, first.Close())

	s := mustOpen(t, path)
	if u, err := s.User(t.Context(), "u"); err != nil || u.DisabledAt != nil {
		t.Errorf("the user: %+v, %v", u, err)
	}
	if v, err := s.Session(t.Context(), "s"); err != nil || v.Scope != api.ScopeWrite {
		t.Errorf("the session: %+v, %v", v, err)
	}
	wantIntact(t, s)
}

// TestNewStoreHasNoBackup: there is nothing to keep.
func TestNewStoreHasNoBackup(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	s, err := open(t.Context(), path, future)
	must(t, err)
	must(t, s.Close())
	if left, _ := filepath.Glob(path + ".backup*"); len(left) > 0 {
		t.Errorf("backups of nothing: %v", left)
	}
}

func TestNewerStoreIsRefused(t *testing.T) {
	t.Parallel()
	path := oldStore(t)
	s, err := open(t.Context(), path, future)
	must(t, err)
	must(t, s.Close())
	before, err := os.ReadFile(path)
	must(t, err)

	_, err = Open(t.Context(), path)
	if want := fmt.Sprintf("made by a newer notesd: it has version %d, and this program knows versions up to %d", len(future), len(migrations)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %q", err, want)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed: %v", err)
	}
}

// TestFailedMigration wants all of it undone, however far it came.
func TestFailedMigration(t *testing.T) {
	t.Parallel()
	path := oldStore(t)
	_, err := open(t.Context(), path, append(slices.Clip(future), `INSERT INTO nowhere VALUES (1)`))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("migration to version %d", len(future)+1)) {
		t.Errorf("error is %v, want the step that failed", err)
	}
	s := mustOpen(t, path) // it still has its old version
	var columns int
	must(t, s.readDB.QueryRowContext(t.Context(), `SELECT count(*) FROM pragma_table_info('users') WHERE name = 'colour'`).Scan(&columns))
	if columns != 0 {
		t.Error("a part of the migration is left")
	}
}

// TestMigrationNeedsTheLock: a server that runs must not find its tables changed.
func TestMigrationNeedsTheLock(t *testing.T) {
	t.Parallel()
	path := oldStore(t)
	child, stdout := startChild(t, "lock", path)
	_, err := stdout.ReadString('\n')
	must(t, err)
	if _, err := open(t.Context(), path, future); err == nil || !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("error is %v, want one that says who holds the lock", err)
	}
	if _, err := os.Stat(backupName(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a backup was made: %v", err)
	}
	must(t, child.Process.Kill())
	_ = child.Wait()

	unlock, err := Lock(path) // as a server does
	must(t, err)
	s, err := open(t.Context(), path, future)
	must(t, err)
	wantHeld(t, path, os.Getpid()) // the migration has not given it back
	must(t, s.Close())
	must(t, unlock())
}

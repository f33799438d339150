package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "notes.db")
	unlock, err := Lock(path)
	must(t, err)
	wantHeld(t, path, os.Getpid())
	mustOpen(t, path) // the lock is between servers

	must(t, unlock())
	unlock, err = Lock(path)
	must(t, err)
	must(t, unlock())
}

// TestLockOfNoFile wants nothing put beside what is no store.
func TestLockOfNoFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "notes.db")
	must(t, os.Mkdir(dir, 0o700))
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), "not a file") || errors.Is(err, ErrInUse) {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(dir + ".lock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a lock: %v", err)
	}
}

// wantHeld wants the lock refused with a sentence that says by whom.
func wantHeld(t *testing.T, path string, pid int) {
	t.Helper()
	_, err := Lock(path)
	if want := fmt.Sprintf("in use by process %d since 20", pid); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %q", err, want)
	}
}

func TestLockOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "notes.db")
	child, stdout := startChild(t, "lock", path)
	_, err := stdout.ReadString('\n')
	must(t, err)
	wantHeld(t, path, child.Process.Pid)

	s := mustOpen(t, path) // other programs may look
	must(t, s.Ping(t.Context()))

	link := filepath.Join(dir, "link.db")
	must(t, os.Symlink(path, link))
	wantHeld(t, link, child.Process.Pid) // another name of the same store

	must(t, child.Process.Kill())
	_ = child.Wait()
	unlock, err := Lock(path)
	must(t, err)
	must(t, unlock())
}

package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/notesd/notesd/pkg/api"
)

// TestReadOnly wants a sentence that says what to do where the file or the
// directory cannot be written.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := filepath.Join(dir, "old.db")
	s, err := Open(t.Context(), old)
	must(t, err)
	must(t, s.Close())
	must(t, os.Chmod(old, 0o666))
	must(t, os.Chmod(filepath.Dir(dir), 0o755)) // the other user below comes this way
	must(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { must(t, os.Chmod(dir, 0o755)) })

	for path, want := range map[string]string{
		old:                             "the file and its directory must be writable",
		filepath.Join(dir, "new.db"):    "permission denied",
		filepath.Join(dir, "a", "b.db"): "permission denied",
	} {
		err := asNobody(func() error {
			_, err := Open(t.Context(), path)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error is %v, want %s and %q", err, path, want)
		}
		if path == old && !errors.Is(err, api.ErrUnavailable) {
			t.Errorf("error is %v, want %v", err, api.ErrUnavailable)
		}
	}
}

// asNobody runs f as a user other than root, to whom nothing is read-only.
func asNobody(f func() error) error {
	if os.Geteuid() != 0 {
		return f()
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		if err := unix.Setfsuid(65534); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// TestFailedOpenLeavesNothingOpen counts the files of this process.
func TestFailedOpenLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	path := oldStore(t)
	s, err := open(t.Context(), path, future)
	must(t, err)
	must(t, s.Close())
	for range 3 {
		if _, err := Open(t.Context(), path); err == nil {
			t.Fatal("a newer store was opened")
		}
	}
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	for _, fd := range fds {
		if name, _ := os.Readlink("/proc/self/fd/" + fd.Name()); strings.HasPrefix(name, path) {
			t.Errorf("%s is still open", name)
		}
	}
}

//go:build linux

package torture

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// TestReadOnlyAtStart wants a sentence with the path, exit code 1, and nothing
// made, where a store cannot be written.
func TestReadOnlyAtStart(t *testing.T) {
	t.Parallel()
	dir := tmpfs(t, "1m")
	start(t, "--store", "sqlite:"+dir+"/old.db").Stop()
	if err := syscall.Mount("notes", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	before := names(t, dir)
	for _, path := range []string{dir + "/old.db", dir + "/new.db", dir + "/sub/new.db"} {
		said, code := refusal(t, command("--store", "sqlite:"+path))
		if code != 1 || !strings.Contains(said, path) || !strings.Contains(said, "read-only file system") {
			t.Errorf("%s: exit code %d, %s", path, code, said)
		}
	}
	if d := cmp.Diff(before, names(t, dir)); d != "" {
		t.Errorf("a refused start made files:\n%s", d)
	}
}

// TestNotOwnerAtStart is the same for a user who may not write there.
func TestNotOwnerAtStart(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		missing(t, "only root can start a program as another user")
	}
	dir := t.TempDir()
	start(t, "--store", "sqlite:"+dir+"/old.db").Stop()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	before := names(t, dir)
	for _, path := range []string{dir + "/old.db", dir + "/new.db", dir + "/sub/new.db"} {
		cmd := command("--store", "sqlite:"+path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		said, code := refusal(t, cmd)
		if code != 1 || !strings.Contains(said, path) || !strings.Contains(said, "permission denied") {
			t.Errorf("%s: exit code %d, %s", path, code, said)
		}
	}
	if d := cmp.Diff(before, names(t, dir)); d != "" {
		t.Errorf("a refused start made files:\n%s", d)
	}
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestReadOnlyMeanwhile makes the disk read-only under eight writers, as the
// kernel does after an error of the disk. They are told, reads go on, and what
// was acknowledged is there when the disk is mounted again.
func TestReadOnlyMeanwhile(t *testing.T) {
	t.Parallel()
	disk := newExt4(t)
	path := disk.dir + "/notes.db"
	p := start(t, "--store", "sqlite:"+path)
	login := signUp(t, p.URL, "ann")
	answers := newTally(t)
	c := as(t, p.URL, login, client.WithHTTPClient(&http.Client{Transport: answers}))

	// Between two writes: ext4 may call an fsync done that it gives up meanwhile.
	l := newLedger(t, 8)
	ctx, stop := context.WithCancel(t.Context())
	stopped := l.run(ctx, c, 0)
	eventually(t, time.Minute, "writes", func() bool { return l.acked.Load() > 200 })
	stop()
	stopped()
	l.settle(t.Context(), c)
	disk.breakDown()

	ctx, stop = context.WithCancel(t.Context())
	stopped = l.run(ctx, c, 0)
	eventually(t, time.Minute, "503s", func() bool { return answers.count(503) >= 50 })
	stop()
	stopped()
	l.check(t.Context(), c) // reads go on
	if _, err := c.CreateNote(t.Context(), api.NewNote{Title: "t"}); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("a note on a read-only disk: %v", err)
	}
	acked := l.acked.Load()
	p.Stop()

	disk.remount()
	p = start(t, "--store", "sqlite:"+path)
	c = as(t, p.URL, login)
	l.settle(t.Context(), c)
	notes := l.check(t.Context(), c)
	wantIntact(t, path)
	p.Stop() // or the disk could not be unmounted
	t.Logf("read-only after %d acknowledged writes, %d answers of 503; %d notes, none lost", acked, answers.count(503), notes)
}

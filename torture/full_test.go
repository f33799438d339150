//go:build linux

package torture

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// TestDiskFull fills the disk under eight writers. They are told so, reads go
// on, nothing that was acknowledged is lost, and when there is room again so do
// the writes, without a restart.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := tmpfs(t, "4m")
	path := dir + "/notes.db"
	p := start(t, "--store", "sqlite:"+path)
	login := signUp(t, p.URL, "ann")
	answers := newTally(t)
	c := as(t, p.URL, login, client.WithHTTPClient(&http.Client{Transport: answers}))
	first, err := c.CreateNote(t.Context(), api.NewNote{Title: "to be read"})
	if err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	reading, read := context.WithCancel(t.Context())
	var reads atomic.Int64
	reader := make(chan error, 1)
	go func() { reader <- readOn(reading, as(t, p.URL, login), first.ID, &reads) }()

	l := newLedger(t, 8)
	stopped := l.run(ctx, c, 0)
	eventually(t, time.Minute, "503s", func() bool { return answers.count(503) >= 50 })
	before := reads.Load()
	eventually(t, 5*time.Second, "reads on a full disk", func() bool { return reads.Load() > before+20 })
	_, err = c.CreateNote(t.Context(), api.NewNote{Body: strings.Repeat("x", api.MaxBody)})
	if !errors.Is(err, api.ErrUnavailable) || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("a note on a full disk: %v", err)
	}
	if !strings.Contains(p.Log(), "the disk is full") {
		t.Error("the log does not tell the operator")
	}
	if err := newClient(t, p.URL).Ready(t.Context()); err != nil {
		t.Errorf("a server that can be read is not ready: %v", err)
	}
	acked, refused := l.acked.Load(), answers.count(503)

	grow(t, dir, "128m")
	took := eventually(t, 5*time.Second, "writes after room was made", func() bool { return l.acked.Load() >= acked+100 })
	stop()
	stopped()
	read()
	if err := <-reader; err != nil {
		t.Errorf("reading: %v", err)
	}
	l.settle(t.Context(), c)
	if err := errors.Join(c.TrashNote(t.Context(), first.ID), c.PurgeNote(t.Context(), first.ID)); err != nil {
		t.Fatal(err)
	}
	l.check(t.Context(), c)
	wantIntact(t, path)
	t.Logf("full after %d acknowledged writes, %d answers of 503 and %d reads meanwhile; 100 writes %s after there was room; %d notes, none lost",
		acked, refused, reads.Load(), took.Round(time.Millisecond), l.notes())
}

// readOn reads one note until ctx ends, and returns the first error.
func readOn(ctx context.Context, c *client.Client, id string, reads *atomic.Int64) error {
	for ctx.Err() == nil {
		if _, err := c.Note(ctx, id); err != nil && ctx.Err() == nil {
			return err
		}
		reads.Add(1)
	}
	return nil
}

// TestRestartOnFullDisk wants a server that ends as ever though the disk is full,
// and starts again with the log that it could not put away. Where there is no
// room to begin a log it refuses, and says why.
func TestRestartOnFullDisk(t *testing.T) {
	t.Parallel()
	dir := tmpfs(t, "1m")
	url := "sqlite:" + dir + "/notes.db"
	p := start(t, "--store", url)
	login := signUp(t, p.URL, "ann")
	n, err := as(t, p.URL, login).CreateNote(t.Context(), api.NewNote{Body: "kept"})
	if err != nil {
		t.Fatal(err)
	}
	restart := func() {
		t.Helper()
		if code := p.Stop(); code != 0 {
			t.Errorf("stop: exit code %d", code)
		}
		p = start(t, "--store", url)
		if got, err := as(t, p.URL, login).Note(t.Context(), n.ID); err != nil || got.Body != "kept" {
			t.Errorf("the note from before: %q, %v", got.Body, err)
		}
	}
	makeRoom := fillDisk(t, dir)
	_, err = as(t, p.URL, login, client.WithTimeout(time.Second)).CreateNote(t.Context(), api.NewNote{Body: strings.Repeat("x", 100<<10)})
	if !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("a note on a full disk: %v", err)
	}
	restart()
	makeRoom()
	restart()

	p.Stop()
	makeRoom = fillDisk(t, dir)
	said, code := refusal(t, command("--store", url))
	if code != 1 || !strings.Contains(said, "the disk is full") {
		t.Errorf("start without room for a log: exit code %d, %s", code, said)
	}
	makeRoom()
	p = start(t, "--store", url)
	restart()
	wantIntact(t, dir+"/notes.db")
}

// fillDisk takes the room that is left.
func fillDisk(t *testing.T, dir string) (makeRoom func()) {
	t.Helper()
	f, err := os.Create(dir + "/ballast")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
	}
}

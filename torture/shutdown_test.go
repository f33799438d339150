//go:build linux

package torture

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestPowerCutOfFileSystem is the same with a real file system, again and again:
// the kernel forgets what it has not written. That is less than a disk may, but
// shows that the model above is of this world.
func TestPowerCutOfFileSystem(t *testing.T) {
	t.Parallel()
	disk, l := newExt4(t), newLedger(t, 8)
	path := disk.dir + "/data/notes.db"
	p := start(t, "--store", "sqlite:"+path)
	login := signUp(t, p.URL, "ann")
	cuts := count(5, 200)
	for cut := range cuts {
		ctx, stop := context.WithCancel(t.Context())
		stopped := l.run(ctx, as(t, p.URL, login), 0)
		time.Sleep(time.Duration(20+rand.IntN(200)) * time.Millisecond)
		freeze(t, p) // what runs on may take the end of an fsync for its success
		disk.cutPower()
		p.Kill()
		stop()
		stopped()
		disk.remount()
		p = start(t, "--store", "sqlite:"+path)
		if cut%50 == 0 {
			login = logIn(t, p.URL, "ann") // a token is good for half an hour
		}
		l.check(t.Context(), as(t, p.URL, login))
		wantIntact(t, path)
		if t.Failed() {
			t.Fatalf("stopped after %d cuts", cut+1)
		}
	}
	c := as(t, p.URL, login)
	l.settle(t.Context(), c)
	notes := l.check(t.Context(), c)
	p.Stop() // or the disk could not be unmounted
	t.Logf("%d power cuts on ext4 under 8 writers: %d writes acknowledged; %d notes, none lost, none twice", cuts, l.acked.Load(), notes)
}

// freeze stops a process in the middle of whatever it does.
func freeze(t *testing.T, p *process) {
	t.Helper()
	p.Signal(syscall.SIGSTOP)
	eventually(t, 5*time.Second, "a stopped process", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
		_, state, _ := bytes.Cut(stat, []byte(") "))
		return err == nil && bytes.HasPrefix(state, []byte("T"))
	})
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
)

// backupOfNotes makes a backup of so many notes of half a MiB, and returns how
// large the store is that it was made of.
func backupOfNotes(t *testing.T, n int) (file string, size int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notes.db")
	server := serveStore(t, "--store", "sqlite:"+path)
	ann := as(t, server.url, signUp(t, server.url, "ann"))
	for i := range n {
		if _, err := ann.CreateNote(t.Context(), api.NewNote{Title: fmt.Sprint(i), Body: strings.Repeat("text ", api.MaxBody/10)}); err != nil {
			t.Fatal(err)
		}
	}
	server.stop()
	file = filepath.Join(t.TempDir(), "notes.gz")
	done(t, "backup", file, "--store", "sqlite:"+path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return file, info.Size()
}

// TestRestoreWhereRoomIsShort restores onto larger and larger disks: what is said
// to be restored is all there, and twice the size of the store, and a little, is
// enough. In between, the log of the new store has room, and its file has not.
func TestRestoreWhereRoomIsShort(t *testing.T) {
	t.Parallel()
	file, size := backupOfNotes(t, 8)
	want := recordsOf(t, file)
	refusals, restored := 0, 0
	for percent := int64(80); percent <= 240; percent += 20 {
		dir := smallDisk(t, fmt.Sprint(size*percent/100>>10))
		url := "sqlite:" + filepath.Join(dir, "notes.db")
		said, code := notesd(t, "restore", file, "--store", url)
		t.Logf("%d %% of %d KiB: exit code %d: %s", percent, size>>10, code, said)
		if code != 0 {
			refusals++
			if left, _ := filepath.Glob(dir + "/*.db*"); len(left) > 1 || percent > 220 { // there is a lock
				t.Errorf("%d %%: exit code %d (%s), left: %v", percent, code, said, left)
			}
			continue
		}
		restored++
		again := filepath.Join(t.TempDir(), "again.gz")
		if said, code := notesd(t, "backup", again, "--store", url); code != 0 {
			t.Errorf("%d %%: the store that was restored: %s", percent, said)
		} else if d := cmp.Diff(want, recordsOf(t, again)); d != "" {
			t.Errorf("%d %%: the store that was restored (-want +got):\n%s", percent, d)
		}
	}
	if refusals == 0 || restored == 0 {
		t.Errorf("%d refused, %d restored", refusals, restored)
	}
}

// TestCheckRoom wants a warning where a restore may find too little room.
func TestCheckRoom(t *testing.T) {
	t.Parallel()
	file, size := backupOfNotes(t, 8)
	for free, want := range map[int64]string{ // besides the store
		64<<20 + 3*size/2: "warning",
		64<<20 + 5*size/2: "ok",
	} {
		url := "sqlite:" + filepath.Join(smallDisk(t, fmt.Sprint((size+free)>>10)), "notes.db")
		done(t, "restore", file, "--store", url)
		wantSaid(t, done(t, "check", "--store", url, "--addr", freeAddr(t)), want+` .*MiB are free`)
	}
}

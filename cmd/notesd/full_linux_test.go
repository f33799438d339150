package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/notesd/notesd/pkg/api"
)

// smallDisk mounts a file system of so many KiB that ends with the test.
func smallDisk(t *testing.T, kib string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+kib+"k,mode=0700"); err != nil {
		if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
			t.Fatalf("no file system can be mounted: %v", err)
		}
		t.Skipf("no file system can be mounted: run this as root (%v)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// TestFullDisk wants a clear error and nothing half left where there is no room
// for a backup, or for the store that is made of one.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	server := serveStore(t, "--store", url)
	ann := as(t, server.url, signUp(t, server.url, "ann"))
	for range 3 {
		body := make([]byte, 0, api.MaxBody)
		for len(body) < api.MaxBody-api.IDLength {
			body = append(body, api.NewID()...) // it hardly gets smaller
		}
		if _, err := ann.CreateNote(t.Context(), api.NewNote{Title: "large", Body: string(body)}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "notes.gz")
	done(t, "backup", file, "--store", url)

	tiny := smallDisk(t, "64")
	refused(t, "no space left", "backup", filepath.Join(tiny, "notes.gz"), "--store", url)
	if left := filesIn(t, tiny); len(left) > 0 {
		t.Errorf("left of the backup: %v", left)
	}

	small := smallDisk(t, "2048") // for an empty store, and not for three notes of 1 MiB
	target := "sqlite:" + filepath.Join(small, "notes.db")
	serveStore(t, "--store", target).stop()
	before := filesIn(t, small)
	refused(t, "full", "restore", file, "--store", target)
	after := filesIn(t, small)
	for _, files := range []map[string]string{before, after} {
		for name := range files {
			if strings.HasSuffix(name, ".lock") { // it says who had it last
				delete(files, name)
			}
		}
	}
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("the folder of the store (-before +after):\n%s", d)
	}
}

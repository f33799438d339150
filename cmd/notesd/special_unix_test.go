//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestNoRegularFile wants pipes, folders and links left as they are, and nobody
// to wait for what comes out of a pipe.
func TestNoRegularFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "notes.db")
	serveStore(t, "--store", url).stop()
	good := filepath.Join(dir, "good.gz")
	done(t, "backup", good, "--store", url)

	special := t.TempDir()
	pipe, folder, link := filepath.Join(special, "pipe"), filepath.Join(special, "folder"), filepath.Join(special, "link")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	toPipe := filepath.Join(special, "to-pipe")
	if err := os.Symlink(pipe, toPipe); err != nil {
		t.Fatal(err)
	}
	before, names := filesIn(t, dir), namesIn(t, special)
	for _, path := range []string{pipe, folder, link, toPipe} {
		refused(t, path+" is there already, and is not a regular file", "backup", path, "--store", url, "--force")
		refused(t, "not a regular file", "backup", path, "--store", url)
	}
	for _, path := range []string{pipe, folder, toPipe} {
		refused(t, path+" is not a regular file", "restore", path, "--store", url)
		refused(t, path+" is not a regular file", "backup", "verify", path)
		refused(t, "the store "+path+": not a file\n", "restore", good, "--store", "sqlite:"+path)
	}
	done(t, "backup", "verify", link) // to read by it is well
	if d := cmp.Diff(before, filesIn(t, dir)); d != "" {
		t.Errorf("files (-before +after):\n%s", d)
	}
	if d := cmp.Diff(names, namesIn(t, special)); d != "" {
		t.Errorf("names (-before +after):\n%s", d)
	}
}

// namesIn returns what there is in a folder, with its type.
func namesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, e := range entries {
		names[e.Name()] = e.Type().String()
	}
	return names
}

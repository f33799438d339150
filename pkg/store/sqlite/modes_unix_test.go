//go:build unix

package sqlite

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/notesd/notesd/pkg/store"
)

// childModes makes a store with the most careless and the most careful umask and
// prints the mode of each file.
func childModes(dir string) error {
	for _, umask := range []int{0, 0o277} {
		syscall.Umask(umask)
		if err := printModes(filepath.Join(dir, fmt.Sprintf("%o", umask))); err != nil {
			return err
		}
	}
	return nil
}

func printModes(dir string) error {
	path := filepath.Join(dir, "notes.db")
	unlock, err := Lock(path)
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), path)
	if err != nil {
		return err
	}
	if err := s.CreateUser(context.Background(), store.User{ID: owner, Key: "ada"}); err != nil {
		return err
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		fmt.Printf("%s %v\n", filepath.Base(path), info.Mode())
		return err
	})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	return unlock()
}

func TestModes(t *testing.T) {
	t.Parallel()
	_, stdout := startChild(t, "modes", t.TempDir())
	for _, dir := range []string{"0", "277"} {
		for _, want := range []string{
			dir + " drwx------", "notes.db -rw-------", "notes.db-shm -rw-------", "notes.db-wal -rw-------", "notes.db.lock -rw-------",
		} {
			got, err := stdout.ReadString('\n')
			must(t, err)
			if got != want+"\n" {
				t.Errorf("umask %s: %s, want %s", dir, got, want)
			}
		}
	}
}

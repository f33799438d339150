package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/notesd/notesd/pkg/durable"
)

// The files that SQLite keeps beside a database while it is open.
var sidecars = []string{"-wal", "-shm"}

// Replace puts the closed store at from in the place of the one at path, both in
// one directory. The old one is kept under the name that is returned, which is
// path with suffix; without an old one the name is empty. The caller holds the
// [Lock].
//
// At every moment the file at path is the old store or the new one, whole. An
// old one that cannot be opened is kept as it is, with what SQLite had written
// beside it.
func Replace(ctx context.Context, path, from, suffix string) (kept string, err error) {
	path, err = resolve(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: replace: %w", err)
	}
	if _, err := os.Stat(path); err == nil {
		kept = path + suffix
	}
	for _, step := range replacement(ctx, path, from, kept) {
		if err := step(); err != nil {
			return "", fmt.Errorf("sqlite: replace %s: %w", path, err)
		}
	}
	return kept, nil
}

// replacement are the steps of Replace. A process may end behind each of them.
func replacement(ctx context.Context, path, from, kept string) []func() error {
	dir := filepath.Dir(path)
	put := func() error { return durable.Rename(from, path) }
	if kept == "" {
		return []func() error{put}
	}
	steps := []func() error{
		// Into what cannot be opened nobody can put its log: it is moved below, and
		// the error would say nothing new.
		func() error { _ = absorbLog(ctx, path); return nil },
		func() error { return sameFile(path, kept) },
		func() error { return durable.SyncDir(dir) },
	}
	for _, name := range sidecars {
		// Beside the new file, SQLite would take them for its own.
		steps = append(steps, func() error { return moveIfThere(path+name, kept+name) })
	}
	return append(steps, func() error { return durable.SyncDir(dir) }, put)
}

// absorbLog puts the write-ahead log of a store into its file: the last one who
// closes a store does.
func absorbLog(ctx context.Context, path string) error {
	if ok, err := isDatabase(path); !ok {
		return err // SQLite would clear away what it cannot read
	}
	db, err := openDB(path, writing, 1)
	if err != nil {
		return err
	}
	var tables int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables)
	return errors.Join(err, db.Close())
}

func isDatabase(path string) (bool, error) {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return string(head) == magic, err
}

// sameFile gives a file a second name, or copies it where a file system knows no
// second names. A name that is taken is an error.
func sameFile(path, name string) error {
	if err := os.Link(path, name); err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already", name)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return durable.WriteFile(name, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

func moveIfThere(from, to string) error {
	if err := os.Rename(from, to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Beside returns the path of a file in the directory of the store at path, named
// after it.
func Beside(path, suffix string) (string, error) {
	path, err := resolve(path)
	return path + suffix, err
}

// Remove deletes a store that is not in use, or what is left of one.
func Remove(path string) error {
	var errs []error
	for _, name := range append([]string{""}, sidecars...) {
		if err := os.Remove(path + name); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

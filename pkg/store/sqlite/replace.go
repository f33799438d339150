package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	codes "modernc.org/sqlite/lib"

	"github.com/notesd/notesd/pkg/durable"
)

// The files that SQLite keeps beside a database while it is open, and leaves there
// when the process is killed.
var sidecars = []string{"-wal", "-shm", "-journal"}

// Replace puts the closed store at from in the place of the one at path, both in
// one directory. The old one is kept under the name that is returned, which is
// path with suffix; without an old one the name is empty. The caller holds the
// [Lock].
//
// At every moment the file at path is the old store or the new one, whole. An
// old one that is no database, or a damaged one, is kept as it is, with what
// SQLite had written beside it; so is that alone where the file is gone.
func Replace(ctx context.Context, path, from, suffix string) (kept string, err error) {
	path, err = resolve(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: replace: %w", err)
	}
	aside := path + suffix
	if _, err := os.Stat(path); err == nil {
		kept = aside
	}
	for _, step := range replacement(ctx, path, from, aside, kept != "") {
		if err := step(); err != nil {
			return "", fmt.Errorf("sqlite: replace %s: %w", path, err)
		}
	}
	return kept, nil
}

// replacement are the steps of Replace. A process may end behind each of them.
func replacement(ctx context.Context, path, from, aside string, old bool) []func() error {
	syncDir := func() error { return durable.SyncDir(filepath.Dir(path)) }
	// A store that was closed on a full disk has kept its log, and closing it was no
	// error.
	steps := []func() error{func() error { return absorbLog(ctx, from) }}
	if old {
		steps = append(steps,
			func() error { return absorbUnlessDamaged(ctx, path) },
			func() error { return sameFile(path, aside) },
			syncDir)
	}
	for _, name := range sidecars {
		// Beside the new file, SQLite would take them for its own.
		steps = append(steps, func() error { return moveIfThere(path+name, aside+name) })
	}
	return append(steps, syncDir, func() error { return durable.Rename(from, path) })
}

// absorbUnlessDamaged leaves a file alone into which nobody can put its log.
func absorbUnlessDamaged(ctx context.Context, path string) error {
	if err := absorbLog(ctx, path); !errors.Is(err, ErrDamaged) {
		return err
	}
	return nil
}

// absorbLog puts all of the write-ahead log of a store into its file. The error is
// [ErrDamaged] for what is no database.
func absorbLog(ctx context.Context, path string) (err error) {
	if ok, err := isDatabase(path); err != nil || !ok {
		return cmp.Or(err, ErrDamaged) // SQLite would clear away what it cannot read
	}
	db, err := openDB(path, writing, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var busy, inLog, inFile int
	err = db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &inFile)
	if code := codeOf(err) & 0xff; code == codes.SQLITE_CORRUPT || code == codes.SQLITE_NOTADB {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err == nil && (busy != 0 || inLog != inFile) {
		err = errors.New("the store is in use")
	}
	if err != nil {
		return fmt.Errorf("put the log of %s into it: %w", path, translate(err))
	}
	return nil
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
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
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

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/notesd/notesd/pkg/durable"
)

// What each connection is opened with. The time-out is how long one waits while
// another process writes.
const (
	common  = "&_dqs=0&_pragma=busy_timeout(5000)&_pragma=foreign_keys(on)"
	writing = "mode=rw" + common + "&_pragma=synchronous(full)&_pragma=journal_size_limit(67108864)&_pragma=wal_autocheckpoint(8000)&_pragma=cache_size(-16384)&_pragma=temp_store(memory)"
	reading = "mode=ro" + common + "&_pragma=query_only(on)"
)

// locate returns the one name of the file at path, which it makes if there is
// none.
func locate(path string) (string, error) {
	path, err := resolve(path)
	if err != nil {
		return "", err
	}
	return path, createPrivate(path)
}

// resolve returns the one name of the file at path, whether there is one or not.
// It makes its directory, and refuses what is there and no file: to open a pipe
// may take forever.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := createDir(filepath.Dir(path)); err != nil {
		return "", err
	}
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		return filepath.Join(dir, filepath.Base(path)), err
	}
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	return path, err
}

// createDir makes a directory that only its owner may look into where it is
// missing, and one that outlives a power cut: its name lasts when the directory
// it is in has been synced. SQLite does as much for its files.
func createDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return nil // what is wrong with it, the file will tell
	}
	parent := filepath.Dir(dir)
	if err := createDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // whatever the umask took away
		return err
	}
	return durable.SyncDir(parent)
}

// createPrivate makes an empty file of mode 0600 unless there is one. SQLite
// gives its other two files the mode of this one.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// openDB returns a pool of n connections to the file at an absolute path.
func openDB(path, options string, n int) (*sql.DB, error) {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	// A URL, so that no character of the path can be taken for an option.
	u := url.URL{Scheme: "file", Path: path, RawQuery: options}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// makeDurable turns the write-ahead log on and reads back what the promise that
// an answered write is on disk rests on: what SQLite cannot fulfil is no error
// to it.
func makeDurable(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, `PRAGMA journal_mode = wal`); err != nil {
		return err
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %s here and must be %s, or this store could not keep its promises", pragma, got, want)
		}
	}
	return nil
}

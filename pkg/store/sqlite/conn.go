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
	"sync"
	"sync/atomic"
)

// What each connection is opened with. The time-out is how long one waits while
// another process writes.
const (
	common  = "&_dqs=0&_pragma=busy_timeout(5000)&_pragma=foreign_keys(on)"
	writing = "mode=rw" + common + "&_pragma=synchronous(full)&_pragma=journal_size_limit(67108864)"
	reading = "mode=ro" + common + "&_pragma=query_only(on)"
)

// locate returns the one name of the file at path, which it makes if there is
// none.
func locate(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := createFile(path); err != nil {
		return "", err
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

// createFile makes an empty file that only its owner may read, and a directory
// like that, where they are missing. SQLite gives its other two files the mode
// of this one.
func createFile(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o700); err != nil { // whatever the umask took away
			return err
		}
	}
	return createPrivate(path)
}

// createPrivate makes an empty file of mode 0600 unless there is one.
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

// database is what [sql.DB] and [sql.Conn] have in common.
type database interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// statements prepares each query once, when it is first needed: for a list, that
// takes about as long as to run it.
type statements struct {
	db      database
	mu      sync.RWMutex
	byQuery map[string]*sql.Stmt
	closed  atomic.Bool // the database has no error for it that can be compared
}

// maxStatements is how many queries stay prepared. One takes some 20 KiB on each
// connection, and lists can be asked for in hundreds of ways; nobody uses many,
// but for one who would fill the memory.
const maxStatements = 128

func newStatements(db database) *statements {
	return &statements{db: db, byQuery: map[string]*sql.Stmt{}}
}

func (p *statements) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt := p.byQuery[query]
	p.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt := p.byQuery[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := p.db.PrepareContext(ctx, query)
	if err == nil {
		p.byQuery[query] = stmt
	}
	return stmt, err
}

// close closes what was prepared. One that stays open on a [sql.Conn] would keep
// SQLite from closing the file.
func (p *statements) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed.Store(true)
	var errs []error
	for _, stmt := range p.byQuery {
		errs = append(errs, stmt.Close())
	}
	clear(p.byQuery)
	return errors.Join(errs...)
}

// isOneTooMany reports whether a query is new and there is no room for it.
func (p *statements) isOneTooMany(query string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.byQuery) >= maxStatements && p.byQuery[query] == nil
}

func (p *statements) query(ctx context.Context, query string, args []any) (rows *sql.Rows, err error) {
	defer func() {
		if err != nil && p.closed.Load() {
			err = errClosed
		}
	}()
	if p.isOneTooMany(query) {
		return p.db.QueryContext(ctx, query, args...)
	}
	stmt, err := p.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// scanFunc reads the columns of one row.
type scanFunc = func(dest ...any) error

// each calls f for each row until it says that it has enough.
func (p *statements) each(ctx context.Context, query string, args []any, f func(scanFunc) (enough bool, err error)) error {
	rows, err := p.query(ctx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if enough, err := f(rows.Scan); enough || err != nil {
			return err
		}
	}
	return rows.Err()
}

// one calls f for the one row there is. Without one it is sql.ErrNoRows.
func (p *statements) one(ctx context.Context, query string, args []any, f func(scanFunc) error) error {
	err := sql.ErrNoRows
	if eachErr := p.each(ctx, query, args, func(scan scanFunc) (bool, error) {
		err = f(scan)
		return true, nil
	}); eachErr != nil {
		return eachErr
	}
	return err
}

// get reads the columns of the one row there is. Without one it is
// sql.ErrNoRows.
func (p *statements) get(ctx context.Context, query string, args []any, dest ...any) error {
	return p.one(ctx, query, args, func(scan scanFunc) error { return scan(dest...) })
}

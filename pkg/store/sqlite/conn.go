package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/notesd/notesd/pkg/api"
)

// writing and reading are what each connection is opened with. The time-out is
// how long to wait for another process that writes.
const (
	common  = "&_dqs=0&_pragma=busy_timeout(5000)&_pragma=foreign_keys(on)"
	writing = "mode=rw" + common + "&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=journal_size_limit(67108864)"
	reading = "mode=ro" + common + "&_pragma=query_only(on)"
)

// createFile makes an empty file that only its owner may read, and its
// directory so too, where they are missing. SQLite gives its other two files the
// mode of this one.
func createFile(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); os.IsNotExist(err) {
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
	if os.IsExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Chmod(0o600)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
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

// checkDurable reads back what the promise that an answered write is on disk
// rests on: a pragma that SQLite cannot fulfil is no error to it.
func checkDurable(ctx context.Context, conn *sql.Conn) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %s here and not %s, without which an answered write can be lost", pragma, got, want)
		}
	}
	return nil
}

// statements prepares each query when it is first needed, and keeps it.
type statements struct {
	db interface {
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
	mu      sync.RWMutex
	byQuery map[string]*sql.Stmt
}

func newStatements(db interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}) *statements {
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

// get reads one row. Without one it is sql.ErrNoRows.
func (s *Store) get(ctx context.Context, query string, args []any, dest ...any) error {
	stmt, err := s.reads.prepare(ctx, query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, args...).Scan(dest...)
}

// each reads all rows and calls f for each until it says that it has enough.
func (s *Store) each(ctx context.Context, query string, args []any, f func(scan func(...any) error) (enough bool, err error)) error {
	stmt, err := s.reads.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
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

// instant scans milliseconds into a time.
type instant struct{ *api.Time }

func (t instant) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is %T", v)
	}
	*t.Time = timeOf(ms)
	return nil
}

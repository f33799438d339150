package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
)

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
	stmt, err := p.db.PrepareContext(ctx, query) //nolint:sqlclosecheck // close does, at the end
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
		return p.db.QueryContext(ctx, query, args...) //nolint:sqlclosecheck // each closes the rows
	}
	stmt, err := p.prepare(ctx, query) //nolint:sqlclosecheck // it is kept
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...) //nolint:sqlclosecheck // as above
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

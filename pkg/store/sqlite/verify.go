package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// ErrDamaged is in the chain of an error of Open or Verify about a file that is
// not whole, or no database.
var ErrDamaged = errors.New("the file is damaged")

// Verify reads the whole file and returns an error about the first damage:
// SQLite's own integrity_check and foreign_key_check.
func (s *Store) Verify(ctx context.Context) error {
	return wrap("verify", verify(ctx, s.reads))
}

func verify(ctx context.Context, reads *statements) error {
	var verdict string
	if err := reads.get(ctx, `PRAGMA integrity_check(1)`, nil, &verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return reads.each(ctx, `SELECT "table", parent FROM pragma_foreign_key_check`, nil, func(scan scanFunc) (bool, error) {
		var table, parent string
		if err := scan(&table, &parent); err != nil {
			return true, err
		}
		return true, fmt.Errorf("%w: something in %s belongs to none of the %s", ErrDamaged, table, parent)
	})
}

// verifyFile is [Store.Verify] for a file that is not in use. It is only read.
func verifyFile(ctx context.Context, path string) (err error) {
	db, err := openDB(path, reading, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	reads := newStatements(db)
	defer func() { err = errors.Join(err, reads.close()) }()
	return verify(ctx, reads)
}

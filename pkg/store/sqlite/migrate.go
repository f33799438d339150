package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"

	"github.com/notesd/notesd/pkg/durable"
)

//go:embed migrations/0001.sql
var migration1 string

//go:embed migrations/0002.sql
var migration2 string

//go:embed migrations/0003.sql
var migration3 string

//go:embed migrations/0004.sql
var migration4 string

//go:embed migrations/0005.sql
var migration5 string

//go:embed migrations/0006.sql
var migration6 string

// migrations bring a store from version i to version i+1. A new one is added at
// the end, and one that was published is never changed.
var migrations = []string{migration1, migration2, migration3, migration4, migration5, migration6}

// applicationID marks a SQLite file as ours.
const applicationID = 0x6e6f7465 // "note"

// indexed is the version from which on a store has an index of its notes.
const indexed = 4

// stamp is what a file says of itself.
type stamp struct {
	schema  int // migrations it has had
	program int // whose file it is
	tables  int
}

func readStamp(ctx context.Context, conn *sql.Conn) (v stamp, err error) {
	err = conn.QueryRowContext(ctx, `SELECT
		(SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema)`).Scan(&v.schema, &v.program, &v.tables)
	return v, err
}

// isCurrent reports whether nothing is to be done to a store that was checked. Of
// an index that a newer program made this one must not make an older one.
func (v stamp) isCurrent(ctx context.Context, conn *sql.Conn, newest int) (ok bool, err error) {
	if v.schema < indexed {
		return v.schema == newest, nil
	}
	var index int
	if err := conn.QueryRowContext(ctx, `SELECT tokenizer FROM index_state`).Scan(&index); err != nil {
		return false, err
	}
	if index > indexVersion {
		return false, fmt.Errorf("a newer notesd was here: the index of the notes has version %d, and this program knows versions up to %d", index, indexVersion)
	}
	return v.schema == newest && index == indexVersion, nil
}

// check refuses what this program must not touch.
func (v stamp) check(newest int) error {
	switch {
	case v.tables > 0 && v.program != applicationID:
		return errors.New("this is a database of another program")
	case v.schema == schemaCopying:
		return errCopying
	case v.schema > newest:
		return fmt.Errorf("the store was made by a newer notesd: it has version %d, and this program knows versions up to %d", v.schema, newest)
	}
	return nil
}

// migrate brings the store to the newest version and returns the name of the
// backup it made of an older one. Nothing has been written before it.
func migrate(ctx context.Context, conn *sql.Conn, path string, steps []string) (kept string, err error) {
	v, err := readStamp(ctx, conn)
	if err != nil {
		return "", err
	}
	if err := v.check(len(steps)); err != nil {
		return "", err
	}
	if err := makeDurable(ctx, conn); err != nil { // not before it is known to be ours
		return "", err
	}
	if ok, err := v.isCurrent(ctx, conn, len(steps)); ok || err != nil {
		return "", err
	}
	if v.schema > 0 {
		unlock, err := lockToMigrate(path)
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, unlock()) }()
	}
	if v.schema > 0 && v.schema < len(steps) { // an index alone is made anew, too
		kept = fmt.Sprintf("%s.backup-v%d", path, v.schema)
		if err := backup(ctx, conn, kept); err != nil {
			return "", fmt.Errorf("backup: %w", err)
		}
	}
	return kept, apply(ctx, conn, steps)
}

// lockToMigrate takes the lock unless this process has it.
func lockToMigrate(path string) (unlock func() error, err error) {
	if _, ours := held.Load(path + ".lock"); ours {
		return func() error { return nil }, nil
	}
	return lock(path)
}

// apply runs the steps the store has not had in one transaction. Another process
// may have been faster, so the version is read again under the write lock.
func apply(ctx context.Context, conn *sql.Conn, steps []string) (err error) {
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		}
	}()
	v, err := readStamp(ctx, conn)
	if err != nil {
		return err
	}
	if err := v.check(len(steps)); err != nil {
		return err
	}
	for i := v.schema; i < len(steps); i++ {
		if _, err := conn.ExecContext(ctx, steps[i]); err != nil {
			return fmt.Errorf("migration to version %d: %w", i+1, err)
		}
	}
	if len(steps) >= indexed {
		if err := reindex(ctx, conn); err != nil {
			return fmt.Errorf("index the notes: %w", err)
		}
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(steps))); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `COMMIT`)
	return err
}

// backup writes the whole store to a file of its own. It is complete, and was
// read once, when it has its name: one that was cut short is not taken for a
// backup.
func backup(ctx context.Context, conn *sql.Conn, name string) error {
	part := name + ".part"
	if err := Remove(part); err != nil {
		return err
	}
	if err := createPrivate(part); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, `VACUUM INTO ?`, part); err != nil {
		return errors.Join(err, Remove(part))
	}
	if err := verifyFile(ctx, part); err != nil {
		return errors.Join(err, Remove(part))
	}
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return durable.Rename(part, name)
}

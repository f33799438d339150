// Package sqlite keeps everything in one SQLite file, without cgo. It is the
// engine for one machine. Read [Store] first, then migrations/0001.sql.
//
// There is one connection that writes and a pool that reads. All writes go
// through one goroutine, which puts those that wait into one transaction and
// answers them when it is on disk: many writers share one commit. Reads never
// wait for writes.
//
// It promises more than package store does: DeleteUser is one transaction and
// leaves nothing behind.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"runtime"

	codes "modernc.org/sqlite/lib"

	"github.com/notesd/notesd/pkg/store"
)

// Store is a [store.Store] in one file.
type Store struct {
	path     string
	file     os.FileInfo // the file that was opened, should another one take its name
	db       *sql.DB     // of the writer, for Close
	writer   *writer
	readDB   *sql.DB
	reads    *statements
	versions versions

	migrationBackup string
}

var _ store.Store = (*Store)(nil)

// Open opens the store at path. It makes the file, and its directory, when they
// are not there, readable by their owner alone, and brings an older store to the
// schema of this program, for which nobody else may hold the [Lock]. A store
// that a newer program made, another program's database and what is no database
// are refused and left as they are.
func Open(ctx context.Context, path string) (*Store, error) {
	s, err := open(ctx, path, migrations)
	return s, openError(path, err)
}

// OlderError is what OpenExisting returns for a store that Open would first bring
// to the schema of this program, which takes the longer the more notes it has.
type OlderError struct {
	Notes int
	older string
}

func (e *OlderError) Error() string { return "the store is of an older version of notesd: " + e.older }

// olderError returns an OlderError, or why the notes cannot be counted.
func olderError(ctx context.Context, conn *sql.Conn, format string, args ...any) error {
	e := &OlderError{older: fmt.Sprintf(format, args...)}
	err := conn.QueryRowContext(ctx, `SELECT count(*) FROM notes WHERE purged_at IS NULL`).Scan(&e.Notes)
	return cmp.Or(err, error(e))
}

// OpenExisting opens a store for a program that works beside the one that serves
// it: it makes none, nor is an empty file one (fs.ErrNotExist), and changes no
// schema ([OlderError]).
func OpenExisting(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, openError(path, err)
	}
	s, err := openWith(ctx, path, func(ctx context.Context, conn *sql.Conn, _ string) error {
		v, err := readStamp(ctx, conn)
		if err != nil {
			return err
		}
		if err := v.check(len(migrations)); err != nil {
			return err
		}
		switch ok, err := v.isCurrent(ctx, conn, len(migrations)); {
		case err != nil:
			return err
		case v.schema == 0:
			return fmt.Errorf("%w in the file, which is empty", fs.ErrNotExist)
		case v.schema < len(migrations):
			return olderError(ctx, conn, "it has version %d, and this program works with version %d", v.schema, len(migrations))
		case !ok:
			return olderError(ctx, conn, "the index of its notes is not of version %d", indexVersion)
		}
		return makeDurable(ctx, conn)
	})
	return s, openError(path, err)
}

func openError(path string, err error) error {
	switch codeOf(err) & 0xff {
	case codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN:
		err = fmt.Errorf("%w: the file and its directory must be writable", err)
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return fmt.Errorf("sqlite: open %s: %w", path, translate(err))
	}
	return nil
}

func open(ctx context.Context, path string, steps []string) (*Store, error) {
	var kept string
	s, err := openWith(ctx, path, func(ctx context.Context, conn *sql.Conn, path string) (err error) {
		kept, err = migrate(ctx, conn, path, steps)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.migrationBackup = kept
	return s, nil
}

// MigrationBackup returns the path of the backup that Open made before it
// brought the store to the schema of this program. It is empty where there was
// nothing to do.
func (s *Store) MigrationBackup() string { return s.migrationBackup }

// prepareFunc checks the file that was opened, or makes it ready.
type prepareFunc func(ctx context.Context, conn *sql.Conn, path string) error

func openWith(ctx context.Context, path string, prepare prepareFunc) (*Store, error) {
	path, err := locate(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, versions: versions{seed: maphash.MakeSeed()}}
	if s.db, err = openDB(path, writing, 1); err != nil {
		return nil, err
	}
	if err := s.start(ctx, prepare); err != nil {
		_ = s.db.Close() // the error at hand says more
		return nil, err
	}
	return s, nil
}

// start does what needs the writer's connection, and opens the readers last:
// they find a store that is ready.
func (s *Store) start(ctx context.Context, prepare prepareFunc) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.Close())
		}
	}()
	if err := prepare(ctx, conn, s.path); err != nil {
		return err
	}
	if s.file, err = os.Stat(s.path); err != nil {
		return err
	}
	if s.readDB, err = openDB(s.path, reading, readers()); err != nil {
		return err
	}
	if err := s.readDB.PingContext(ctx); err != nil {
		return errors.Join(err, s.readDB.Close())
	}
	s.reads = newStatements(s.readDB)
	s.writer = startWriter(conn)
	return nil
}

// readers is how many connections read at once. A read is work for a processor,
// hardly ever a wait for the disk, so a few more than there are processors keep
// them all busy.
func readers() int { return runtime.GOMAXPROCS(0) + 2 }

// Close waits for the writes under way and closes the file. What is called
// afterwards fails with api.ErrUnavailable.
func (s *Store) Close() error {
	// The writer is the last one out: it puts the log into the file.
	return wrap("close", errors.Join(s.reads.close(), s.readDB.Close(), s.writer.close(), s.db.Close()))
}

// Ping reads from the file, and makes sure that it still is the one at its path:
// a database whose file was deleted or replaced goes on working until the
// process ends, and everything written meanwhile is lost.
func (s *Store) Ping(ctx context.Context) error {
	var n int
	if err := s.reads.get(ctx, `SELECT count(*) FROM sqlite_schema`, nil, &n); err != nil {
		return wrap("ping", err)
	}
	file, err := os.Stat(s.path)
	if err == nil && !os.SameFile(file, s.file) {
		err = fmt.Errorf("%s is another file by now", s.path)
	}
	if err != nil {
		return wrap("ping", unavailable(err))
	}
	return nil
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// errClosed is what calls get after Close.
var errClosed = errors.New("the store is closed")

// wrap says which call an error came from and what it means to package api.
func wrap(call string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sqlite: %s: %w", call, translate(err))
}

// translate gives an error of the driver its meaning in package api, by its code
// and never by its text. What has none is a defect and stays as it is.
func translate(err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return api.ErrNotFound
	case codeOf(err) == codes.SQLITE_FULL, codeOf(err) == codes.SQLITE_IOERR_SHMSIZE: // no room for the log's index
		return unavailable(fmt.Errorf("%w: %w", store.ErrFull, err))
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, sql.ErrConnDone), errors.Is(err, errClosed), isTrouble(err):
		return unavailable(err)
	}
	switch codeOf(err) {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return api.ErrConflict
	case codes.SQLITE_CONSTRAINT_FOREIGNKEY: // all of them lead to the user
		return api.ErrNotFound
	}
	return err
}

// isTrouble reports whether an error tells of the disk, of memory or of another
// process, and not of the statement: it may go away.
func isTrouble(err error) bool {
	switch codeOf(err) & 0xff { // what an extended code adds is where
	case codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_PERM,
		codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL, codes.SQLITE_NOMEM, codes.SQLITE_INTERRUPT:
		return true
	}
	return false
}

// codeOf returns SQLite's extended result code, 0 where there is none.
func codeOf(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code()
	}
	return codes.SQLITE_OK
}

// unavailable keeps the cause, for the log and for errors.Is(err, context.Canceled).
func unavailable(err error) error { return fmt.Errorf("%w: %w", api.ErrUnavailable, err) }

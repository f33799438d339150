package sqlite

import (
	"context"
	"database/sql"
	"errors"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// maxBatch is how many writes share one commit at most, so that the first of
// them does not wait for long.
const maxBatch = 128

// writer is the goroutine that owns the connection that writes.
type writer struct {
	conn       *sql.Conn
	statements *statements
	queue      chan *write // unbuffered: what was sent is begun
	stop, done chan struct{}
}

// write is one call that waits for the commit.
type write struct {
	ctx    context.Context
	run    func(tx) error
	err    error
	answer chan error // room for one: the caller may be gone
}

func startWriter(conn *sql.Conn) *writer {
	w := &writer{
		conn: conn, statements: newStatements(conn),
		queue: make(chan *write), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go w.loop()
	return w
}

// close waits for the transaction under way. Who waits in the queue gets
// errClosed.
func (w *writer) close() {
	close(w.stop)
	<-w.done
}

// do runs f in a transaction and returns when that is committed. When the
// context ends in the queue, f does not run. When it ends later, do returns at
// once, and f may or may not have been committed.
func (w *writer) do(ctx context.Context, f func(tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	op := &write{ctx: ctx, run: f, answer: make(chan error, 1)}
	select {
	case w.queue <- op:
	case <-w.stop:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-op.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) loop() {
	defer close(w.done)
	batch := make([]*write, 0, maxBatch)
	for {
		select {
		case op := <-w.queue:
			batch = w.gather(append(batch[:0], op))
		case <-w.stop:
			return
		}
		err := w.commit(batch)
		for i, op := range batch {
			if err != nil {
				op.err = err
			}
			op.answer <- op.err
			batch[i] = nil
		}
	}
}

// gather adds what else is waiting.
func (w *writer) gather(batch []*write) []*write {
	for len(batch) < maxBatch {
		select {
		case op := <-w.queue:
			batch = append(batch, op)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction. Each write keeps its own error; the
// one that is returned is everybody's, and then nothing was written.
func (w *writer) commit(batch []*write) error {
	t := tx{w}
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	for _, op := range batch {
		if op.err = op.ctx.Err(); op.err == nil {
			op.err = t.savepoint(op.run)
		}
		if fatal(op.err) {
			return t.rollback(op.err)
		}
	}
	if _, err := t.exec(`COMMIT`); err != nil {
		return t.rollback(err)
	}
	return nil
}

// fatal reports whether an error is the disk's, after which SQLite may have
// rolled back more than the statement.
func fatal(err error) bool {
	var coded *driver.Error
	return errors.As(err, &coded) && coded.Code()&0xff != codes.SQLITE_CONSTRAINT
}

// tx is the transaction in which a batch runs. Its statements never end early:
// what was begun is finished.
type tx struct{ w *writer }

// exec runs one statement and returns how many rows it changed.
func (t tx) exec(query string, args ...any) (int, error) {
	stmt, err := t.w.statements.prepare(context.Background(), query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// get reads one row. Without one it is sql.ErrNoRows.
func (t tx) get(query string, args []any, dest ...any) error {
	stmt, err := t.w.statements.prepare(context.Background(), query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(context.Background(), args...).Scan(dest...)
}

// savepoint runs f and undoes it, and nothing else, when it fails.
func (t tx) savepoint(f func(tx) error) error {
	if _, err := t.exec(`SAVEPOINT write`); err != nil {
		return err
	}
	err := f(t)
	if err != nil {
		if _, undoErr := t.exec(`ROLLBACK TO write`); undoErr != nil {
			return undoErr
		}
	}
	if _, releaseErr := t.exec(`RELEASE write`); releaseErr != nil {
		return releaseErr
	}
	return err
}

// rollback returns err. SQLite may have rolled back by itself already.
func (t tx) rollback(err error) error {
	_, _ = t.exec(`ROLLBACK`)
	return err
}

// exec makes a write of one statement and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, query string, args ...any) (int, error) {
	var n int
	err := s.writer.do(ctx, func(t tx) (err error) {
		n, err = t.exec(query, args...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// repeat does what exec does until nothing is left to change, so that others can
// write in between. The statement changes at most some of the rows each time.
func (s *Store) repeat(ctx context.Context, query string, args ...any) (int, error) {
	for total := 0; ; {
		n, err := s.exec(ctx, query, args...)
		total += n
		if n == 0 || err != nil {
			return total, err
		}
	}
}

package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxBatch is how many writes share one commit at most, so that the first of
// them does not wait for long.
const maxBatch = 128

// writer is the goroutine that owns the connection that writes.
type writer struct {
	conn       *sql.Conn
	statements *statements
	queue      chan *write // unbuffered: what was sent is begun
	once       sync.Once
	stop, done chan struct{}
}

// write is one call that waits for the commit.
type write struct {
	ctx    context.Context
	run    func(tx) error // called a second time, it does the same
	once   bool           // it cannot be called a second time
	after  func()         // may be nil
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

// close waits for the transaction under way and gives the connection back. Who
// waits in the queue gets errClosed.
func (w *writer) close() error {
	var err error
	w.once.Do(func() {
		close(w.stop)
		<-w.done
		err = errors.Join(w.statements.close(), w.conn.Close())
	})
	return err
}

// do runs f in a transaction, perhaps in two, and returns when one is committed. When the
// context ends before f has begun, f does not run. When it ends later, f and the
// commit are finished; do returns at once, and nobody knows. After is called
// between the end of the transaction and the answers.
func (w *writer) do(ctx context.Context, f func(tx) error, after func()) error {
	return w.queued(&write{ctx: ctx, run: f, after: after, answer: make(chan error, 1)})
}

// doOnce is as do for what cannot be run twice.
func (w *writer) doOnce(ctx context.Context, f func(tx) error, after func()) error {
	return w.queued(&write{ctx: ctx, run: f, once: true, after: after, answer: make(chan error, 1)})
}

func (w *writer) queued(op *write) error {
	ctx := op.ctx
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
			var alone *write
			batch, alone = w.gather(batch[:0], op)
			w.answer(batch)
			if alone != nil {
				w.answer([]*write{alone})
			}
			clear(batch)
		case <-w.stop:
			return
		}
	}
}

// gather adds what else is waiting. What can be run once is not for a batch, which
// may be run again because of another write.
func (w *writer) gather(batch []*write, op *write) (_ []*write, alone *write) {
	for {
		if op.once {
			return batch, op
		}
		if batch = append(batch, op); len(batch) == maxBatch {
			return batch, nil
		}
		select {
		case op = <-w.queue:
		default:
			return batch, nil
		}
	}
}

// answer commits a batch and tells those who wait for it.
func (w *writer) answer(batch []*write) {
	if len(batch) == 0 {
		return
	}
	err := w.commit(batch)
	for _, op := range batch {
		if op.after != nil {
			op.after()
		}
		op.answer <- cmp.Or(err, op.err)
	}
}

// commit runs a batch in one transaction. Each write keeps its own error; the
// one that is returned is everybody's, and then nothing was written.
//
// In a savepoint SQLite copies each page before it changes, which takes as long as
// the rest. So at first there are none; only a batch in which a write fails when
// it has changed something is begun anew with them.
func (w *writer) commit(batch []*write) error {
	err := w.transact(batch, false)
	if errors.Is(err, errHalf) {
		err = w.transact(batch, true)
	}
	return err
}

// errHalf is the error of a write that failed when it had changed something.
var errHalf = errors.New("a write was made by half")

func (w *writer) transact(batch []*write, savepoints bool) error {
	t := newTx(w.statements, savepoints)
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	for _, op := range batch {
		if op.err = op.ctx.Err(); op.err != nil {
			continue
		}
		one := t.one
		if op.once {
			one = t.apart
		}
		var err error
		if op.err, err = one(op.run); err != nil {
			return t.rollback(err)
		}
	}
	if err := errors.Join(t.flush(), t.endFeeds()); err != nil {
		return t.rollback(err)
	}
	if _, err := t.exec(`COMMIT`); err != nil {
		return t.rollback(err)
	}
	return nil
}

// tx is the transaction in which a batch runs. Its statements never end early:
// what was begun is finished.
type tx struct {
	statements *statements
	savepoints bool             // each write has one
	changed    *bool            // since the present write began
	operation  *string          // the key of the last one that a trace was of
	postings   *[]posting       // what goes into the index at the end: see [tx.flush]
	feeds      map[string]int64 // the last numbers that were given, by owner: see [tx.next]
}

func newTx(s *statements, savepoints bool) tx {
	return tx{statements: s, savepoints: savepoints, changed: new(bool), operation: new(string), postings: new([]posting), feeds: map[string]int64{}}
}

// exec runs one statement and returns how many rows it changed.
func (t tx) exec(query string, args ...any) (int, error) {
	stmt, err := t.statements.prepare(context.Background(), query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	*t.changed = *t.changed || n > 0
	return int(n), err
}

// get is as [statements.get].
func (t tx) get(query string, args []any, dest ...any) error {
	return t.statements.get(context.Background(), query, args, dest...)
}

// one runs one write, which a failure leaves undone. The second error is not about
// it alone, and then the whole transaction is to be undone.
func (t tx) one(f func(tx) error) (own, all error) {
	if t.savepoints {
		return t.apart(f)
	}
	*t.changed = false
	own = f(t)
	switch {
	case own == nil:
		return nil, nil
	case isTrouble(own) || errors.Is(own, errHalf):
		return nil, own
	case *t.changed:
		return nil, errHalf
	}
	return own, nil
}

// apart runs f in a savepoint and undoes what it did, and nothing else, when it fails. The
// second error is not about f alone: after trouble with the disk SQLite may have
// undone more.
func (t tx) apart(f func(tx) error) (own, all error) {
	if _, err := t.exec(`SAVEPOINT one`); err != nil {
		return nil, err
	}
	before := len(*t.postings)
	own = f(t)
	if isTrouble(own) {
		return nil, own
	}
	if own != nil {
		if _, err := t.exec(`ROLLBACK TO one`); err != nil {
			return nil, err
		}
		*t.postings = (*t.postings)[:min(before, len(*t.postings))]
	}
	_, all = t.exec(`RELEASE one`)
	return own, all
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
	}, nil)
	if err != nil {
		return 0, err // and n may be written yet
	}
	return n, nil
}

// some runs f in one transaction after the other until it has nothing left to
// do, and returns how many it has done. f does some of it at a time, so that others
// can write in between.
func (s *Store) some(ctx context.Context, after func(), f func(tx) (int, error)) (int, error) {
	for total := 0; ; {
		var n int
		err := s.writer.do(ctx, func(t tx) (err error) {
			n, err = f(t)
			return err
		}, after)
		if err != nil {
			return total, err // and n may be written yet
		}
		if total += n; n == 0 {
			return total, nil
		}
	}
}

// repeat is some for what is one statement.
func (s *Store) repeat(ctx context.Context, query string, args ...any) (int, error) {
	return s.some(ctx, nil, func(t tx) (int, error) { return t.exec(query, args...) })
}

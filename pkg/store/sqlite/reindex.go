package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/notesd/notesd/pkg/store"
)

// reindex makes the index anew if it was made by older rules, or by none.
// It is a part of the transaction that is under way: one that is interrupted
// begins again, and until it ends the store has its old index.
func reindex(ctx context.Context, conn *sql.Conn) (err error) {
	statements := newStatements(conn)
	defer func() { err = errors.Join(err, statements.close()) }()
	t := newTx(statements, false)
	old, err := t.exec(`UPDATE index_state SET tokenizer = ?1 WHERE tokenizer < ?1`, indexVersion)
	if err != nil || old == 0 {
		return err
	}
	if _, err := t.exec(`INSERT INTO words (words) VALUES ('delete-all')`); err != nil {
		return err
	}
	for last := int64(0); ; {
		n, err := t.indexSome(&last)
		if err == nil {
			err = ctx.Err()
		}
		if n == 0 || err != nil {
			return err
		}
	}
}

// indexSome puts some of the notes behind the last one into the index. A note
// keeps its place if it has one.
func (t tx) indexSome(last *int64) (n int, err error) {
	var writes []store.Write
	var places []sql.NullInt64
	err = t.statements.each(context.Background(), `SELECT `+columns("n", true)+`, n.owner, n.number, p.place
		FROM notes n LEFT JOIN places p ON p.note = n.number WHERE n.number > ? AND n.purged_at IS NULL ORDER BY n.number LIMIT 1000`, []any{*last},
		func(scan scanFunc) (bool, error) {
			var n store.Note
			var place sql.NullInt64
			err := scanNote(&n, func(dest ...any) error { return scan(append(dest, &n.Owner, last, &place)...) })
			writes, places = append(writes, store.Write{Note: n}), append(places, place)
			return false, err
		})
	if err != nil {
		return 0, err
	}
	for i, w := range placeAll(writes) {
		if places[i].Valid {
			*t.postings = append(*t.postings, posting{places[i].Int64, w.terms})
		} else if err := t.index(w); err != nil {
			return 0, err
		}
	}
	return len(writes), t.flush()
}

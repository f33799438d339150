package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/notesd/notesd/pkg/store"
)

// errIndex is what is wrong with an index that is whole and does not fit.
var errIndex = errors.New("the index of the search is not that of the notes")

// inspectIndex counts what is in the index and compares some notes with it. That
// it is whole, integrity_check has seen.
func (s *Store) inspectIndex(ctx context.Context) store.Finding {
	err := s.compareIndex(ctx)
	switch {
	case errors.Is(err, errIndex):
		return store.Failure(err.Error(), "back the store up and restore the backup: that makes the index anew")
	case err != nil:
		return store.Failure("the index of the search cannot be read: "+err.Error(), "back the store up and restore the backup")
	}
	return store.OK("the index of the search fits the notes")
}

func (s *Store) compareIndex(ctx context.Context) error {
	// A write in between the counts would look like damage: this is one statement.
	var missing, over int
	err := s.reads.get(ctx, `SELECT
		(SELECT count(*) FROM notes n WHERE purged_at IS NULL AND NOT EXISTS
			(SELECT 1 FROM places p JOIN words_docsize d ON d.id = p.place WHERE p.note = n.number)),
		(SELECT count(*) FROM words_docsize) - (SELECT count(*) FROM notes WHERE purged_at IS NULL)`, nil, &missing, &over)
	if err != nil {
		return err
	}
	if missing > 0 || over != 0 {
		return fmt.Errorf("%w: %d are missing, and %d too many are in it", errIndex, missing, max(over+missing, 0))
	}
	return s.compareSome(ctx)
}

// maxCompared is how many terms of a note are compared: FTS5 has a limit.
const maxCompared = 64

// compareSome looks whether up to a hundred notes have their terms in the index.
func (s *Store) compareSome(ctx context.Context) error {
	var notes []store.Note
	err := s.reads.each(ctx, `SELECT `+columns("n", true)+`, n.owner FROM notes n WHERE number IN
		(SELECT number FROM notes WHERE purged_at IS NULL ORDER BY random() LIMIT 100)`, nil,
		func(scan scanFunc) (bool, error) {
			var n store.Note
			err := scanNote(&n, func(dest ...any) error { return scan(append(dest, &n.Owner)...) })
			notes = append(notes, n)
			return false, err
		})
	if err != nil {
		return err
	}
	for _, n := range notes {
		var all []clause
		for _, term := range strings.Fields(termsOf(n)) {
			all = append(all, clause{tokens: []string{strings.TrimPrefix(term, n.Owner)}})
		}
		all = all[:min(len(all), maxCompared)]
		var fits bool
		err := s.reads.get(ctx, `SELECT EXISTS (SELECT 1 FROM words WHERE words MATCH ?1 AND rowid =
			(SELECT place FROM places JOIN notes ON note = number WHERE owner = ?2 AND id = ?3 AND revision = ?4))
			OR NOT EXISTS (SELECT 1 FROM notes WHERE owner = ?2 AND id = ?3 AND revision = ?4)`,
			[]any{match(n.Owner, all, nil), n.Owner, n.ID, n.Revision}, &fits)
		if err != nil {
			return err
		}
		if !fits {
			return fmt.Errorf("%w: what note %s of user %s says is not in it", errIndex, n.ID, n.Owner)
		}
	}
	return nil
}

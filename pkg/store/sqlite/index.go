package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// The index of what notes say is a table of FTS5. That gives its rows by rowid
// or by nothing else that is fast, so the rowid of a note is its place in the
// order of a search, which is that of the last saves.

// indexVersion is that of the index: of the tokens, and of what else [termsOf]
// has. It only grows.
const indexVersion = search.Version<<8 | 1

// placed is one write, and what the index is to say of its note if that changes.
// To make the terms takes longer than to write them, so they are made before the
// write waits for its turn.
type placed struct {
	store.Write
	moves bool
	terms string
}

// place makes the terms of a note where they may change. A trace says whether
// they do.
func place(w store.Write) placed {
	p := placed{Write: w}
	t := w.Trace
	same := w.Revision > 0 && t != nil && t.Step.Text == nil && t.Step.UpdatedAt == w.Note.UpdatedAt
	if p.moves = !same && w.Note.PurgedAt == nil; p.moves {
		p.terms = termsOf(w.Note)
	}
	return p
}

// placeAll is place for many, on all processors.
func placeAll(writes []store.Write) []placed {
	list := make([]placed, len(writes))
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for i := range workers {
		all.Go(func() {
			for j := i; j < len(writes); j += workers {
				list[j] = place(writes[j])
			}
		})
	}
	all.Wait()
	return list
}

// termsOf returns what the index says of a note, which it takes apart at the
// spaces: its tokens, each behind the id of its owner, so that no search of
// another one comes by them. They are made of what FTS5 leaves as it is.
func termsOf(n store.Note) string {
	tokens := append(search.Tokens(&n.Note), everyNote)
	for _, tag := range n.Tags {
		tokens = append(tokens, tagToken(tag))
	}
	size := 0
	for _, token := range tokens {
		size += len(n.Owner) + len(token) + 1
	}
	var b strings.Builder
	b.Grow(size) // many of these are in memory at a time
	for _, token := range tokens {
		b.WriteString(n.Owner)
		b.WriteString(token)
		b.WriteByte(' ')
	}
	return b.String()
}

// placeOf returns where a note belongs, which is not below where one belongs that
// was saved before or, in the same millisecond, has a smaller id. Notes belong to
// the same place when their ids begin with the same four characters, too. So do
// all of before 1970, and all of after 2109: few enough to be sorted.
func placeOf(updated api.Time, id string) int64 {
	const bits, idChars, times = 5, 4, 1 << 42
	ms := updated.UnixMilli()
	switch {
	case ms < 0:
		return 0
	case ms >= times:
		return times << (bits * idChars)
	}
	p := ms
	for i := range idChars {
		p <<= bits
		if i < len(id) {
			p |= int64(max(strings.IndexByte(idAlphabet, id[i]), 0))
		}
	}
	return p
}

// idAlphabet are the characters of an id in their order: see [api.NewID].
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// posting is what the index is to say of one note.
type posting struct {
	place int64
	terms string
}

// index gives a note a place, in exchange for the one it has, and notes what the
// index is to say of it. Where another note has the place already, it takes a
// higher one nearby: twice as far each time, so that even a million notes of one
// millisecond are not tried one after the other.
func (t tx) index(w placed) error {
	if !w.moves {
		return nil
	}
	n := w.Note
	if w.Revision > 0 {
		const gone = `DELETE FROM places WHERE note = (SELECT number FROM notes WHERE owner = ? AND id = ?)`
		if _, err := t.exec(gone, n.Owner, n.ID); err != nil {
			return err
		}
	}
	base, shift := placeOf(n.UpdatedAt, n.ID), int64(0)
	for width := int64(1); width < 1<<40; width *= 2 {
		taken, err := t.exec(`INSERT INTO places (place, note) SELECT ?, number FROM notes WHERE owner = ? AND id = ?
			ON CONFLICT (place) DO NOTHING`, base+shift, n.Owner, n.ID)
		if err != nil {
			return err
		}
		if taken == 0 {
			shift = width + rand.Int64N(width) //nolint:gosec // nothing is secret about it
			continue
		}
		*t.postings = append(*t.postings, posting{base + shift, w.terms})
		if shift == 0 {
			return nil
		}
		_, err = t.exec(`UPDATE index_state SET shift = ?1 WHERE shift < ?1`, shift)
		return err
	}
	return fmt.Errorf("note %s finds no place", n.ID)
}

// flush writes the index of what was written, in the order of the places and at
// once. With each savepoint FTS5 makes a segment of its own of what it has, and has
// to merge those; and there is one inside of each statement that is more than an
// insert of values.
func (t tx) flush() error {
	list := *t.postings
	*t.postings = nil
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b posting) int { return cmp.Compare(a.place, b.place) })
	left, err := t.left(list)
	if err != nil {
		return err
	}
	for i, p := range list {
		if left[p.place] || i+1 < len(list) && list[i+1].place == p.place {
			continue // the note is not there any more, or another one is, or it is there with other terms
		}
		if _, err := t.exec(`INSERT INTO words (rowid, tokens) VALUES (?, ?)`, p.place, p.terms); err != nil {
			return err
		}
	}
	return nil
}

// left returns those of the places in which no note is: it is gone, or has another
// place by now.
func (t tx) left(list []posting) (map[int64]bool, error) {
	places := []byte{'['}
	for i, p := range list {
		if i > 0 {
			places = append(places, ',')
		}
		places = strconv.AppendInt(places, p.place, 10)
	}
	left := map[int64]bool{}
	err := t.statements.each(context.Background(), `SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM places WHERE place = value)`,
		[]any{string(append(places, ']'))}, func(scan scanFunc) (bool, error) {
			var place int64
			err := scan(&place)
			left[place] = true
			return false, err
		})
	return left, err
}

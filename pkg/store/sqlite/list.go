package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// ListNotes implements [store.Notes].
func (s *Store) ListNotes(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	notes, more, err := s.listNotes(ctx, owner, q)
	if err != nil {
		return nil, false, wrap("list notes", err)
	}
	return notes, more, nil
}

func (s *Store) listNotes(ctx context.Context, owner string, q store.ListQuery) (notes []store.Note, more bool, err error) {
	if q.Search != nil {
		return s.search(ctx, owner, q)
	}
	rarest, err := s.rarest(ctx, owner, q.Tags)
	if err != nil {
		return nil, false, err
	}
	query, args := listQuery(owner, q, rarest)
	p := newPage(q)
	err = s.reads.each(ctx, query, args, func(scan scanFunc) (enough bool, err error) {
		if p.isFull() {
			return true, nil
		}
		n := store.Note{Owner: owner}
		if err := scanNote(&n, scan); err != nil {
			return true, err
		}
		p.add(n)
		return false, nil
	})
	return p.notes, p.more, err
}

// page is the answer to one call, as it comes together.
type page struct {
	limit, maxBytes, size int

	notes []store.Note
	more  bool
}

func newPage(q store.ListQuery) *page {
	return &page{limit: q.Limit, maxBytes: q.MaxBytes, notes: make([]store.Note, 0, min(q.Limit, api.MaxPage))}
}

// isFull is asked before each note that could be added: if it is, there are more.
func (p *page) isFull() bool {
	p.more = p.isFullWith(len(p.notes), p.size)
	return p.more
}

func (p *page) isFullWith(notes, size int) bool {
	return notes == p.limit || notes > 0 && size >= p.maxBytes
}

// deciding returns how many of these notes, in their order, decide how the page
// ends: those that there is room for, and one more.
func (p *page) deciding(notes []store.Note) int {
	size := p.size
	for i, n := range notes {
		if p.isFullWith(len(p.notes)+i, size) {
			return i + 1
		}
		size += sizeOf(n)
	}
	return len(notes)
}

func (p *page) add(n store.Note) {
	p.notes, p.size = append(p.notes, n), p.size+sizeOf(n)
}

func sizeOf(n store.Note) int { return len(n.Title) + len(n.Body) }

// rarest returns the tag that the fewest notes have, so that the others are
// looked up and not walked along. Beyond a thousand it no longer counts.
func (s *Store) rarest(ctx context.Context, owner string, tags []string) (tag string, err error) {
	if len(tags) < 2 {
		return strings.Join(tags, ""), nil
	}
	err = s.reads.get(ctx, `SELECT value FROM json_each(?2) ORDER BY
		(SELECT count(*) FROM (SELECT 1 FROM note_tags WHERE owner = ?1 AND tag = value LIMIT 5000)) LIMIT 1`,
		[]any{owner, jsonOf(tags)}, &tag)
	return tag, err
}

func jsonOf(list []string) string {
	b, _ := json.Marshal(list) // strings always can be
	return string(b)
}

// order is what a sort means here: the column, and the end of the names of the
// indexes that begin with it.
type order struct{ column, index string }

var ordersBy = map[api.Sort]order{
	api.SortUpdated: {"updated_at", "by_updated"},
	api.SortCreated: {"created_at", "by_created"},
	api.SortTitle:   {"title_key", "by_title"},
	api.SortID:      {"id", "by_id"},
}

// listQuery returns the SQL of a list. It names the index to walk along, so that
// a list that would have to sort or to read what it does not return fails in the
// tests and is not just slow. Only notes with the same id prefix are sorted.
func listQuery(owner string, q store.ListQuery, rarest string) (query string, args []any) {
	by := ordersBy[q.Sort]
	key, id := from(q)
	args = []any{owner, key, id, q.Limit + 1} // one more tells that there are more
	arg := argsOf(&args)

	walk, table, where := "n", "notes n INDEXED BY notes_"+by.index, ""
	switch {
	case q.IDPrefix != "":
		table = "notes n INDEXED BY notes_by_id"
	case q.Sort == api.SortID: // the other tables and indexes are not in this order
	case len(q.Tags) > 0:
		walk, table = "k", "note_tags k INDEXED BY tagged_"+by.index+" CROSS JOIN notes n ON n.number = k.number"
		where = " AND k.tag = " + arg(rarest)
	case q.Pinned != nil && *q.Pinned:
		table = "notes n INDEXED BY pinned_" + by.index
	}
	if walk == "n" {
		rarest = "" // it is a tag like the others
	}
	where += filters(q, walk, rarest, arg)

	before, direction := ">", " ASC"
	if q.Order == api.OrderDesc {
		before, direction = "<", " DESC"
	}
	where = fmt.Sprintf(" FROM %s WHERE %s.owner = ?1 AND (%s.%s, %s.id) %s (?2, ?3)%s", table, walk, walk, by.column, walk, before, where)
	selects := make([]string, 0, 3)
	for _, state := range statesOf(q) {
		selects = append(selects, "SELECT "+columns(walk, !q.Summary)+where+" AND "+walk+".state "+state)
	}
	return strings.Join(selects, " UNION ALL ") + " ORDER BY " + by.column + direction + ", id" + direction + " LIMIT ?4", args
}

// argsOf returns what adds a parameter to args and says its name in the query.
func argsOf(args *[]any) func(any) string {
	return func(v any) string {
		*args = append(*args, v)
		return fmt.Sprintf("?%d", len(*args))
	}
}

// filters returns the conditions of a query on the notes but that on their state
// and that they have the tag known.
func filters(q store.ListQuery, walk, known string, arg func(any) string) (where string) {
	if q.IDPrefix != "" {
		where += " AND n.id >= " + arg(q.IDPrefix) + " AND n.id < " + arg(endOf(q.IDPrefix))
	}
	for _, tag := range q.Tags {
		if tag != known {
			where += " AND EXISTS (SELECT 1 FROM note_tags WHERE owner = ?1 AND tag = " + arg(tag) + " AND id = " + walk + ".id)"
		}
	}
	if q.From != nil {
		where += " AND " + walk + ".updated_at >= " + arg(q.From.UnixMilli())
	}
	if q.Before != nil {
		where += " AND " + walk + ".updated_at < " + arg(q.Before.UnixMilli())
	}
	if q.Pinned != nil {
		where += " AND n.pinned = " + map[bool]string{true: "1", false: "0"}[*q.Pinned] // the partial indexes want to see it
	}
	return where
}

// statesOf returns the conditions on the state that together are the query's. To
// find all states in order, SQLite merges one walk along the index for each.
func statesOf(q store.ListQuery) []string {
	switch {
	case q.State == api.StateActive:
		return []string{"= 0"}
	case q.State == api.StateArchived:
		return []string{"= 1"}
	case q.State == api.StateTrashed:
		return []string{"= 2"}
	case q.IDPrefix != "" || q.Sort == api.SortID:
		return []string{"NOT NULL"}
	}
	return []string{"= 0", "= 1", "= 2"}
}

// from returns the place that the list begins behind: that of the note it goes on
// after or, in the order of the times they limit, where From or Before begin, so
// that it does not walk up to there. Without either it is a place where no note
// can be, so that the first page needs no query of its own.
func from(q store.ListQuery) (key any, id string) {
	time, id := int64(math.MinInt64), ""
	if q.Order == api.OrderDesc {
		time = math.MaxInt64
	}
	switch {
	case q.Sort == api.SortTitle || q.Sort == api.SortID:
		return fromText(q)
	case q.After != nil:
		time, id = q.After.Time.UnixMilli(), q.After.ID
	}
	if q.Sort != api.SortUpdated {
		return time, id
	}
	if asc := q.Order != api.OrderDesc; asc && q.From != nil && q.From.UnixMilli() > time {
		return q.From.UnixMilli(), ""
	} else if !asc && q.Before != nil && q.Before.UnixMilli() <= time {
		return q.Before.UnixMilli(), ""
	}
	return time, id
}

func fromText(q store.ListQuery) (key any, id string) {
	switch {
	case q.After != nil && q.Sort == api.SortTitle:
		return q.After.Title, q.After.ID
	case q.After != nil:
		return q.After.ID, q.After.ID
	case q.Order == api.OrderDesc:
		return []byte{}, "" // to SQLite, a blob is greater than any text
	}
	return "", ""
}

// endOf returns what is behind all ids with this prefix: they are made of
// letters and digits, and the tilde comes after those.
func endOf(prefix string) string { return prefix + "~" }

// NoteIDs implements [store.Notes].
func (s *Store) NoteIDs(ctx context.Context, owner string, prefixes []string, limit int) ([]string, error) {
	ids := make([]string, 0, len(prefixes))
	// The prefixes are in order and apart, and CROSS JOIN takes one after the
	// other, so that the ids come in order and the limit ends the work.
	err := s.reads.each(ctx, `SELECT n.id FROM json_each(?2) p CROSS JOIN notes n INDEXED BY notes_by_id
		WHERE n.owner = ?1 AND n.id >= p.value AND n.id < p.value || '~' AND n.purged_at IS NULL LIMIT ?3`,
		[]any{owner, jsonOf(apart(prefixes)), limit}, func(scan scanFunc) (bool, error) {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return false, err
		})
	if err != nil {
		return nil, wrap("note ids", err)
	}
	return ids, nil
}

// apart sorts prefixes and leaves out those that begin with another one.
func apart(prefixes []string) []string {
	var kept []string
	for _, p := range slices.Sorted(slices.Values(prefixes)) {
		if len(kept) == 0 || !strings.HasPrefix(p, kept[len(kept)-1]) {
			kept = append(kept, p)
		}
	}
	return kept
}

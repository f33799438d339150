package sqlite

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// How many notes a search reads in their order before it asks the index, and how
// many where all that is asked for is common.
const (
	firstLook  = 100
	secondLook = 1000
)

// search finds notes by what they say.
//
// FTS5 knows where the notes with a token are, and gives the first without
// looking at the others. Of a prefix, though, it reads all places first, a
// microsecond each: a tenth of a second for what each of 100,000 notes says. But
// what many notes say is found by reading some notes. So each stage begins with
// that, and the index is asked for what is rare among those.
func (s *Store) search(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	list, possible := q.Searched()
	if !possible {
		return nil, false, nil
	}
	p := newPage(q)
	for rank, stage := range q.Search.Stages() {
		f := &finder{store: s, owner: owner, list: list, rank: rank, stage: stage, page: p}
		if q.After != nil {
			if rank < q.After.Rank {
				continue
			}
			if rank > q.After.Rank {
				f.list.After = nil
			}
		}
		if err := f.find(ctx); err != nil {
			return nil, false, err
		}
		if p.more {
			break
		}
	}
	return p.notes, p.more, nil
}

// finder finds the notes of one stage.
type finder struct {
	store *Store
	owner string
	list  store.ListQuery // what is left to be looked through
	rank  int
	stage search.Stage
	page  *page

	looked int   // at so many notes
	have   []int // how many of them have each term of stage.All
}

func (f *finder) find(ctx context.Context) error {
	f.have = make([]int, len(f.stage.All))
	limit := firstLook
	if len(f.stage.All) == 0 {
		limit = math.MaxInt - 1 // there is nothing to ask for
	}
	if ended, err := f.look(ctx, limit); ended || err != nil {
		return err
	}
	rare := f.rare()
	if len(rare) == 0 {
		if ended, err := f.look(ctx, secondLook); ended || err != nil {
			return err
		}
		rare = f.stage.All
	}
	return f.ask(ctx, rare)
}

// look reads the next notes of the list, at most limit of them, and reports
// whether the page or the list has ended.
func (f *finder) look(ctx context.Context, limit int) (ended bool, err error) {
	rarest, err := f.store.rarest(ctx, f.owner, f.list.Tags)
	if err != nil {
		return true, err
	}
	f.list.Limit = limit
	query, args := listQuery(f.owner, f.list, rarest)
	ended = true
	err = f.store.reads.each(ctx, query, args, func(scan scanFunc) (enough bool, err error) {
		if limit == 0 {
			ended = false
			return true, nil
		}
		limit--
		n := store.Note{Owner: f.owner}
		if err := scanNote(&n, scan); err != nil {
			return true, err
		}
		if f.count(&n) && !f.add(n) {
			return true, nil
		}
		place := store.PlaceOf(n, f.list.Sort)
		f.list.After = &place
		return false, nil
	})
	return ended, err
}

// count notes which terms a note has, and reports whether it has all.
func (f *finder) count(n *store.Note) (all bool) {
	if len(f.stage.All) == 0 {
		return true
	}
	tokens := search.Tokens(&n.Note)
	f.looked++
	all = true
	for i, t := range f.stage.All {
		if has(tokens, t) {
			f.have[i]++
		} else {
			all = false
		}
	}
	return all
}

func has(tokens []string, t search.Term) bool {
	i, found := slices.BinarySearch(tokens, t.Token)
	return found || t.Prefix && i < len(tokens) && strings.HasPrefix(tokens[i], t.Token)
}

// add adds a note to the page if it is of the stage, and reports whether there
// was room for it.
func (f *finder) add(n store.Note) bool {
	if rank, found := f.list.Search.Rank(&n.Note); !found || rank != f.rank {
		return true
	}
	if f.page.isFull() {
		return false
	}
	f.page.add(n)
	return true
}

// rare returns the terms by which to ask the index. Those are left out that it
// would be slow to find, and that one note in eight has; [search.Query.Rank]
// looks at them.
func (f *finder) rare() (terms []search.Term) {
	for i, t := range f.stage.All {
		if !t.Prefix || f.have[i]*8 < f.looked {
			terms = append(terms, t)
		}
	}
	return terms
}

// ask finds the notes that have these terms, and none of those of the stage that
// no note may have, from the place on that the list has come to.
func (f *finder) ask(ctx context.Context, terms []search.Term) error {
	query, args := f.query(terms)
	var held []store.Note // those whose place is above where they belong
	full := false
	err := f.store.reads.each(ctx, query, args, func(scan scanFunc) (enough bool, err error) {
		var place int64
		n := store.Note{Owner: f.owner}
		if err := scanNote(&n, func(dest ...any) error { return scan(append(dest, &place)...) }); err != nil {
			return true, err
		}
		// What comes now belongs to its place or below it.
		for !full && len(held) > 0 && placeOf(held[0].UpdatedAt, held[0].ID) > place {
			full = !f.add(held[0])
			held = held[1:]
		}
		i, _ := slices.BinarySearchFunc(held, n, later)
		held = slices.Insert(held, i, n)
		return full, nil
	})
	for !full && err == nil && len(held) > 0 {
		full = !f.add(held[0])
		held = held[1:]
	}
	return err
}

// later orders notes as a search does: the last saved first.
func later(a, b store.Note) int {
	return -cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt.Time), cmp.Compare(a.ID, b.ID))
}

// query returns the SQL that walks along the places of the notes with some terms.
func (f *finder) query(terms []search.Term) (query string, args []any) {
	key, id := from(f.list)
	first, last := int64(0), int64(1)<<62
	if f.list.From != nil {
		first = placeOf(*f.list.From, "")
	}
	if f.list.After != nil {
		last = placeOf(f.list.After.Time, f.list.After.ID)
	} else if f.list.Before != nil {
		last = placeOf(*f.list.Before, "")
	}
	args = []any{f.owner, key, id, match(f.owner, terms, f.stage.None), first, last}
	state := "NOT NULL"
	if states := statesOf(f.list); len(states) == 1 {
		state = states[0]
	}
	return "SELECT " + columns("n", true) + `, p.place FROM words w CROSS JOIN places p ON p.place = w.rowid CROSS JOIN notes n ON n.number = p.note
		WHERE w.words MATCH ?4 AND w.rowid >= ?5 AND w.rowid <= ?6 + (SELECT shift FROM index_state) AND n.owner = ?1 AND (n.updated_at, n.id) < (?2, ?3)
		AND n.state ` + state + filters(f.list, "n", "", argsOf(&args)) + " ORDER BY w.rowid DESC", args
}

// match returns the expression of FTS5. Each term is in quotes, so that none is
// an operator.
func match(owner string, all, none []search.Term) string {
	quoted := func(terms []search.Term, operator string) string {
		list := make([]string, 0, len(terms))
		for _, t := range terms[:min(len(terms), maxTerms)] {
			q := `"` + strings.ReplaceAll(owner+t.Token, `"`, `""`) + `"`
			if t.Prefix {
				q += "*"
			}
			list = append(list, q)
		}
		return "(" + strings.Join(list, operator) + ")"
	}
	e := quoted(all, " AND ")
	if len(none) > 0 {
		e += " NOT " + quoted(none, " OR ")
	}
	return e
}

// maxTerms is how many terms the index is asked for at most. FTS5 has a limit, and
// what more there is only Rank looks at.
const maxTerms = 64

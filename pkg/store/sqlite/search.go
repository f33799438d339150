package sqlite

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// How many notes a search reads in their order before it asks the index, and how
// many where that promises more. Large notes count as several.
const (
	firstLook  = 64
	secondLook = 3000
	largeNote  = 2 << 10
)

// search finds notes by what they say.
//
// FTS5 gives the first notes with a token without looking at the others. Of a
// prefix, though, it first reads all places, a microsecond each: a tenth of a
// second for what each of 100,000 notes says. But what many notes say is found by
// reading some notes, and so is what few notes are to be looked through for. So a
// search begins with that, and asks the index for what is rare among those.
func (s *Store) search(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	p := newPage(q)
	list, possible := q.Searched()
	if !possible {
		return p.notes, false, nil
	}
	f := &finder{store: s, owner: owner, search: q.Search, page: p, list: list}
	if err := f.prepare(ctx); err != nil {
		return nil, false, err
	}
	for rank, stage := range q.Search.Stages() {
		switch {
		case q.After == nil:
		case rank < q.After.Rank:
			continue
		case rank == q.After.Rank+1: // begins at the top again
			f.list.After, f.ended, f.looked, f.tokens, f.found = nil, false, 0, nil, nil
		}
		f.rank, f.stage = rank, stage
		if err := f.find(ctx); p.more || err != nil {
			return p.notes, p.more, err
		}
	}
	return p.notes, false, nil
}

// finder finds the notes of one stage after the other.
type finder struct {
	store  *Store
	owner  string
	search *search.Query
	page   *page
	rank   int
	stage  search.Stage

	rarest string               // of the tags of the list
	narrow bool                 // the list has few notes, as it seems
	list   store.ListQuery      // what is left of it to look through
	ended  bool                 // nothing is
	looked int                  // at so many notes
	tokens [][]string           // of each note of the first look
	found  map[int][]store.Note // of later stages, by rank
}

func (f *finder) prepare(ctx context.Context) (err error) {
	f.narrow = f.list.IDPrefix != "" || f.list.Pinned != nil && *f.list.Pinned ||
		f.list.State == api.StateArchived || f.list.State == api.StateTrashed
	if len(f.list.Tags) == 0 {
		return nil
	}
	if f.rarest, err = f.store.rarest(ctx, f.owner, f.list.Tags); err != nil {
		return err
	}
	var tagged int
	err = f.store.reads.get(ctx, `SELECT ifnull((SELECT count FROM tag_counts WHERE owner = ? AND tag = ?), 0)`, []any{f.owner, f.rarest}, &tagged)
	f.narrow = f.narrow || tagged <= secondLook
	return err
}

// find adds the notes of the stage to the page.
func (f *finder) find(ctx context.Context) error {
	for _, n := range f.found[f.rank] {
		if !f.add(n) {
			return nil
		}
	}
	if err := f.look(ctx, firstLook); err != nil {
		return err
	}
	if len(f.stage.All) == 0 { // there is nothing to ask for
		return f.look(ctx, math.MaxInt-1)
	}
	terms, rare := f.terms()
	if len(terms) == 0 || !rare && f.narrow {
		if err := f.look(ctx, secondLook); err != nil {
			return err
		}
	}
	if f.ended || f.page.more {
		return nil
	}
	if len(terms) == 0 {
		terms = f.stage.All
	}
	return f.ask(ctx, terms)
}

// look reads on in the list until so many of its notes have been read, or the page
// is full.
func (f *finder) look(ctx context.Context, most int) error {
	if f.ended || f.page.more || f.looked >= most {
		return nil
	}
	f.list.Limit = most - f.looked
	query, args := listQuery(f.owner, f.list, f.rarest)
	f.ended = true
	return f.store.reads.each(ctx, query, args, func(scan scanFunc) (enough bool, err error) {
		if f.looked >= most {
			f.ended = false
			return true, nil
		}
		n := store.Note{Owner: f.owner}
		if err := scanNote(&n, scan); err != nil {
			return true, err
		}
		f.see(n)
		return f.page.more, nil
	})
}

// see puts a note where it belongs: onto the page, or aside for another stage.
func (f *finder) see(n store.Note) {
	f.looked += 1 + len(n.Body)/largeNote
	if f.looked <= firstLook {
		f.tokens = append(f.tokens, search.Tokens(&n.Note))
	}
	place := store.PlaceOf(n, f.list.Sort)
	f.list.After = &place
	switch rank, found := f.search.Rank(&n.Note); {
	case found && rank == f.rank:
		f.add(n)
	case found && rank > f.rank:
		if f.found == nil {
			f.found = map[int][]store.Note{}
		}
		f.found[rank] = append(f.found[rank], n)
	}
}

// add reports whether there was room on the page.
func (f *finder) add(n store.Note) bool {
	if f.page.isFull() {
		return false
	}
	f.page.add(n)
	return true
}

// terms returns the terms to ask the index for: those that few notes of the first
// look have, and those that are no prefixes, which cost nothing. What is not
// asked for, Rank sees to. Rare says whether there are any of the former.
func (f *finder) terms() (terms []search.Term, rare bool) {
	for _, t := range f.stage.All {
		have := 0
		for _, tokens := range f.tokens {
			if has(tokens, t) {
				have++
			}
		}
		few := have*8 <= len(f.tokens)
		if few || !t.Prefix {
			terms = append(terms, t)
		}
		rare = rare || few
	}
	return terms, rare
}

func has(tokens []string, t search.Term) bool {
	i, found := slices.BinarySearch(tokens, t.Token)
	return found || t.Prefix && i < len(tokens) && strings.HasPrefix(tokens[i], t.Token)
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
		if rank, found := f.search.Rank(&n.Note); !found || rank != f.rank {
			return full, nil
		}
		i, _ := slices.BinarySearchFunc(held, n, later)
		held = slices.Insert(held, i, n)
		held = held[:min(len(held), f.page.room()+1)] // the others are on no page before another
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

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

// maxBroad is how many broad clauses the index is asked for: of two that few notes
// have, hardly any has both, and to read those is quicker than the third clause.
const maxBroad = 2

// search finds notes by what they say.
//
// FTS5 gives the first notes with some tokens without looking at the others. That
// is so for words and the beginnings of few words; what many words begin with, as
// of two letters, is dear, but many notes say it, and they are found by reading
// some notes. So is what a list of few notes is to be searched for, of those in
// the archive, say. A search for such begins with that, and asks the index for
// what is rare among those.
func (s *Store) search(ctx context.Context, owner string, q store.ListQuery) ([]store.Note, bool, error) {
	p := newPage(q)
	list, possible := q.Searched()
	if !possible {
		return p.notes, false, nil
	}
	f := &finder{store: s, owner: owner, search: q.Search, page: p, list: list}
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
	broad  []string // beginnings of words that are known to be

	list   store.ListQuery      // what is left of it to look through
	ended  bool                 // nothing is
	looked int                  // at so many notes
	tokens [][]string           // of each note of the first look
	found  map[int][]store.Note // of later stages, by rank
	held   []store.Note         // of this one, whose place is above where they belong
}

// find adds the notes of the stage to the page.
func (f *finder) find(ctx context.Context) error {
	for _, n := range f.found[f.rank] {
		if !f.add(n) {
			return nil
		}
	}
	if f.isNarrow() {
		if err := f.look(ctx, firstLook); err != nil || f.ended || f.page.more {
			return err
		}
	}
	all, none, possible, err := f.clauses(ctx)
	if err != nil || !possible {
		return err
	}
	if len(all)+len(none) == 0 { // there is nothing to ask for
		return f.look(ctx, math.MaxInt-1)
	}
	likely, sure, err := f.lookFirst(ctx, all, none)
	if err != nil || f.ended || f.page.more {
		return err
	}
	if len(likely) < len(sure) {
		before := len(f.page.notes)
		if ended, err := f.ask(ctx, likely, none, secondLook); ended || err != nil {
			return err
		}
		if n := len(f.page.notes); n > before { // go on behind these
			defer func(looked *store.Place) { f.list.After = looked }(f.list.After)
			place := store.PlaceOf(f.page.notes[n-1], f.list.Sort)
			f.list.After = &place
		}
	}
	_, err = f.ask(ctx, sure, none, math.MaxInt)
	return err
}

// isNarrow reports whether the list has few notes, as it seems.
func (f *finder) isNarrow() bool {
	return f.list.IDPrefix != "" || f.list.Pinned != nil && *f.list.Pinned ||
		f.list.State == api.StateArchived || f.list.State == api.StateTrashed
}

// clauses returns what to ask the index for, and false where that has nothing.
func (f *finder) clauses(ctx context.Context) (all, none []clause, possible bool, err error) {
	if all, possible, err = f.allOf(ctx, f.stage.All); err != nil || !possible {
		return nil, nil, false, err
	}
	if none, err = f.noneOf(ctx, f.stage.None); err != nil {
		return nil, nil, false, err
	}
	for _, tag := range f.search.NotTags {
		none = append(none, clause{tokens: []string{tagToken(tag)}})
	}
	return all, none, true, nil
}

// lookFirst looks at the first notes of the list where that may do. It returns
// the clauses that are worth to be asked for: none that is broad and that many of these
// notes have, and those to ask for where that was wrong. Of broad ones either has
// two at most. What is left out Rank sees to.
func (f *finder) lookFirst(ctx context.Context, all, none []clause) (likely, sure []clause, err error) {
	narrow := f.isNarrow()
	if !narrow && !slices.ContainsFunc(all, func(c clause) bool { return c.broad }) {
		return all, all, nil
	}
	if err := f.look(ctx, firstLook); err != nil {
		return nil, nil, err
	}
	have := map[string]int{}
	for _, c := range all {
		have[c.tokens[0]] = f.haveIt(c)
	}
	slices.SortStableFunc(all, func(a, b clause) int { return cmp.Compare(have[a.tokens[0]], have[b.tokens[0]]) })
	broad, rare := 0, false
	for _, c := range all {
		few := have[c.tokens[0]]*8 <= len(f.tokens)
		rare = rare || few
		if c.broad {
			if broad++; broad > maxBroad {
				continue
			}
		}
		sure = append(sure, c)
		if few || !c.broad {
			likely = append(likely, c)
		}
	}
	if narrow && !rare || len(likely)+len(none)+len(f.list.Tags) == 0 {
		return sure, sure, f.look(ctx, secondLook)
	}
	return likely, sure, nil
}

// haveIt returns how many notes of the first look have a token of the clause.
func (f *finder) haveIt(c clause) (n int) {
	for _, tokens := range f.tokens {
		if slices.ContainsFunc(c.tokens, func(token string) bool {
			i, found := slices.BinarySearch(tokens, token)
			return found || c.broad && i < len(tokens) && strings.HasPrefix(tokens[i], token)
		}) {
			n++
		}
	}
	return n
}

// look reads on in the list until so many of its notes have been read, or the page
// is full.
func (f *finder) look(ctx context.Context, most int) error {
	if f.ended || f.page.more || f.looked >= most {
		return nil
	}
	rarest, err := f.store.rarest(ctx, f.owner, f.list.Tags)
	if err != nil {
		return err
	}
	f.list.Limit = most - f.looked
	query, args := listQuery(f.owner, f.list, rarest)
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

// ask finds the notes that the index has for these clauses, from the place on that
// the list has come to, until it has given so many. It reports whether there can be no more.
func (f *finder) ask(ctx context.Context, all, none []clause, most int) (ended bool, err error) {
	query, args := f.query(all, none)
	f.held = nil
	ended = true
	err = f.store.reads.each(ctx, query, args, func(scan scanFunc) (enough bool, err error) {
		var place int64
		n := store.Note{Owner: f.owner}
		if err := scanNote(&n, func(dest ...any) error { return scan(append(dest, &place)...) }); err != nil {
			return true, err
		}
		f.release(place)
		if rank, found := f.search.Rank(&n.Note); found && rank == f.rank {
			f.hold(n)
		}
		most--
		ended = most > 0 || f.page.more
		return !ended || f.page.more, nil
	})
	if ended && err == nil {
		f.release(-1)
	}
	return ended, err
}

// hold keeps a note that may have come before others which belong above it, and of
// such notes as many as decide what is on the page.
func (f *finder) hold(n store.Note) {
	i, _ := slices.BinarySearchFunc(f.held, n, later)
	f.held = slices.Insert(f.held, i, n)
	f.held = slices.Delete(f.held, f.page.deciding(f.held), len(f.held))
}

// release adds the notes that belong above a place: what comes next does not.
func (f *finder) release(place int64) {
	for !f.page.more && len(f.held) > 0 && placeOf(f.held[0].UpdatedAt, f.held[0].ID) > place {
		f.add(f.held[0])
		f.held = f.held[1:]
	}
}

// later orders notes as a search does: the last saved first.
func later(a, b store.Note) int {
	return -cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt.Time), cmp.Compare(a.ID, b.ID))
}

// query returns the SQL that walks along the places of the notes that the index has.
func (f *finder) query(all, none []clause) (query string, args []any) {
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
	list := f.list
	list.Tags = nil // they are in the index
	for _, tag := range f.list.Tags {
		all = append(all, clause{tokens: []string{tagToken(tag)}})
	}
	if len(all) == 0 {
		all = []clause{{tokens: []string{everyNote}}}
	}
	args = []any{f.owner, key, id, match(f.owner, all, none), first, last}
	state := "NOT NULL"
	if states := statesOf(list); len(states) == 1 {
		state = states[0]
	}
	return "SELECT " + columns("n", true) + `, p.place FROM words w CROSS JOIN places p ON p.place = w.rowid CROSS JOIN notes n ON n.number = p.note
		WHERE w.words MATCH ?4 AND w.rowid >= ?5 AND w.rowid <= ?6 + (SELECT shift FROM index_state) AND n.owner = ?1 AND (n.updated_at, n.id) < (?2, ?3)
		AND n.state ` + state + filters(list, "n", "", argsOf(&args)) + " ORDER BY w.rowid DESC", args
}

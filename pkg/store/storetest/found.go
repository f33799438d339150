package storetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// searchFor returns a query for all of an owner's notes in all states.
func searchFor(text string, limit int) store.ListQuery {
	return store.ListQuery{State: api.StateAll, Search: search.Parse(text), Limit: limit}
}

// found returns all pages of a search as one. Between two of them it calls
// between.
func found(t *testing.T, s store.Store, owner string, q store.ListQuery, between func()) []store.Note {
	t.Helper()
	q.MaxBytes = cmp.Or(q.MaxBytes, api.MaxPageBytes)
	var out []store.Note
	for {
		notes, more, err := s.ListNotes(t.Context(), owner, q)
		ok(t, err)
		if len(notes) > q.Limit {
			t.Fatalf("a page of %d notes with limit %d", len(notes), q.Limit)
		}
		out = append(out, notes...)
		if !more {
			return out
		}
		if len(notes) == 0 {
			t.Fatal("an empty page, and more behind it")
		}
		between()
		last := notes[len(notes)-1]
		rank, isFound := q.Search.Rank(&last.Note)
		if !isFound {
			t.Fatalf("%q is not what was searched for", last.Title)
		}
		q.After = goOn(t, q.After, store.Place{Rank: rank, Time: last.UpdatedAt, ID: last.ID}, api.OrderDesc)
	}
}

// scan is what a search finds among notes, by looking at each.
func scan(notes []store.Note, q store.ListQuery) []store.Note {
	list, possible := q.Searched()
	if !possible {
		return nil
	}
	ranks := map[string]int{}
	for _, n := range notes {
		if rank, isFound := q.Search.Rank(&n.Note); isFound {
			ranks[n.ID] = rank
		}
	}
	out := slices.DeleteFunc(answer(notes, list), func(n store.Note) bool {
		_, isFound := ranks[n.ID]
		return !isFound
	})
	slices.SortStableFunc(out, func(a, b store.Note) int { return cmp.Compare(ranks[a.ID], ranks[b.ID]) })
	return out
}

// wantFound wants that a search finds what a scan finds, on pages of any size.
func wantFound(t *testing.T, s store.Store, owner string, notes []store.Note, q store.ListQuery) {
	t.Helper()
	want := scan(notes, q)
	got := found(t, s, owner, q, func() {})
	if !slices.Equal(idsOf(got), idsOf(want)) {
		t.Errorf("%s:\n got %q\nwant %q", searchName(q), namesOf(got), namesOf(want))
		return
	}
	equal(t, got, want)
}

func searchName(q store.ListQuery) string { return fmt.Sprintf("%+v, %s", *q.Search, queryName(q)) }

func idsOf(notes []store.Note) (ids []string) {
	for _, n := range notes {
		ids = append(ids, n.ID)
	}
	return ids
}

func namesOf(notes []store.Note) (names []string) {
	for _, n := range notes {
		names = append(names, n.ID+" "+n.UpdatedAt.String()+" "+n.Title)
	}
	return names
}

// vocabulary are words that begin like one another, differ in case and accents,
// are of scripts with and without spaces, and are commands to something.
var vocabulary = []string{
	"a", "an", "and", "AND", "NOT", "or", "near", "the", "milk", "Milkman", "milky", "Ärger", "arger", "école", "l'école", "co-op", "C++",
	"привет", "приветы", "καλημέρα", "مرحبا", "שלום", "नमस्ते", "สวัสดี", "ภาษาไทย", "東京都", "京都", "かな", "カナ", "한국어", "🎉", "👩‍👩‍👧",
	"2026", "20", `"`, "*", "^", "$ne", "{$gt:1}", ".*", "(a", "col:x", "%", "_", `\`, "-", "'; --",
}

func someWords(r *rand.Rand, n int) string {
	list := make([]string, n)
	for i := range list {
		// Some are in most notes, and most in few.
		list[i] = vocabulary[min(r.IntN(len(vocabulary)), r.IntN(len(vocabulary)))]
	}
	return strings.Join(list, " ")
}

// wordyNotes are mixedNotes that say something.
func wordyNotes(r *rand.Rand, owner string, n int) []store.Note {
	notes := mixedNotes(r, owner, n)
	for i := range notes {
		notes[i].Title, notes[i].Body = someWords(r, 1+r.IntN(3)), someWords(r, r.IntN(12))
		notes[i].UpdatedAt = at(r.IntN(2 * n))
	}
	return notes
}

// addNotes adds many at once.
func addNotes(t *testing.T, s store.Store, notes []store.Note) {
	t.Helper()
	writes := make([]store.Write, len(notes))
	for i, n := range notes {
		writes[i] = store.Write{Note: n}
	}
	for _, err := range s.WriteNotes(t.Context(), writes) {
		ok(t, err)
	}
}

// someQuery returns what a person could type.
func someQuery(r *rand.Rand) string {
	var parts []string
	for range 1 + r.IntN(3) {
		w := vocabulary[r.IntN(len(vocabulary))]
		switch r.IntN(8) {
		case 0:
			w = "-" + w
		case 1:
			w = `"` + w + " " + vocabulary[r.IntN(len(vocabulary))] + `"`
		case 2:
			cut := []rune(w)
			w = string(cut[:1+r.IntN(len(cut))])
		}
		parts = append(parts, w)
	}
	return strings.Join(parts, " ")
}

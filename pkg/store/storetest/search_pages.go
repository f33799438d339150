package storetest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// testSearchHolds pages through a search while others write, and wants every note
// that nobody touched exactly once and in order.
func (e Effort) testSearchHolds(t *testing.T, s store.Store) {
	for _, text := range []string{"milk", "mi", "-the", "the"} {
		for _, limit := range []int{1, 4, 10} {
			u := addUser(t, s)
			r := random()
			calm, restless := wordyNotes(r, u.ID, e.of(60)), wordyNotes(r, u.ID, e.of(20))
			addNotes(t, s, calm)
			addNotes(t, s, restless)
			q := searchFor(text, limit)
			got := found(t, s, u.ID, q, func() {
				addNotes(t, s, wordyNotes(r, u.ID, 1))
				n := &restless[r.IntN(len(restless))]
				n.Revision++
				n.UpdatedAt, n.Title, n.Body = at(r.IntN(100)), someWords(r, 2), someWords(r, 5)
				ok(t, s.UpdateNote(t.Context(), *n, n.Revision-1, nil))
			})
			equal(t, stored(got, calm), scan(calm, q))
		}
	}
}

// testSearchOneMillisecond has more notes of one moment than a page, a batch or
// what an engine looks at first, and ids that begin alike.
func (e Effort) testSearchOneMillisecond(t *testing.T, s store.Store) {
	u := addUser(t, s)
	r := random()
	notes := wordyNotes(r, u.ID, e.of(600))
	for i := range notes {
		notes[i].UpdatedAt = at(i % 2)
		if i%3 == 0 {
			notes[i].ID = "0k0k" + notes[i].ID[4:]
		}
	}
	addNotes(t, s, notes)
	for i, text := range []string{"milk", "m", "mi", "a", "an", "the an", "20", "-the", "東", "привет -a"} {
		wantFound(t, s, u.ID, notes, searchFor(text, []int{7, 50, 700}[i%3]))
	}
}

// testSearchEveryTime has notes of all times there are.
func (e Effort) testSearchEveryTime(t *testing.T, s store.Store) {
	u := addUser(t, s)
	var notes []store.Note
	many := e.of(300)
	apart := 316671000000000 / int64(many) // 33 years, where there are 300
	for i := range many {
		n := newNote(u.ID)
		n.Title = "milk"
		if i%10 == 0 { // too few to be found by the way
			n.Body = "and more"
		}
		n.UpdatedAt = api.TimeOfMilli(-62167219200000 + int64(i)*apart)
		n.Revision = int64(1 + i%2)
		notes = append(notes, n)
	}
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(notes), func(i, j int) { notes[i], notes[j] = notes[j], notes[i] })
	addNotes(t, s, slices.DeleteFunc(slices.Clone(notes), func(n store.Note) bool { return n.Revision == 2 }))
	for _, n := range notes {
		if n.Revision == 2 {
			first := n
			first.Revision = 1
			first.UpdatedAt = at(0)
			addNote(t, s, first)
			ok(t, s.UpdateNote(t.Context(), n, 1, nil))
		}
	}
	for _, text := range []string{"milk", "more", "milk -more"} {
		wantFound(t, s, u.ID, notes, searchFor(text, 11))
		q := searchFor(text, 11)
		q.From, q.Before = ptr(api.TimeOfMilli(-3e12)), ptr(api.TimeOfMilli(9e12))
		wantFound(t, s, u.ID, notes, q)
	}
}

// testSearchBytes has notes of a hundred bytes each.
func testSearchBytes(t *testing.T, s store.Store) {
	u := addUser(t, s)
	var notes []store.Note
	for i := range 6 {
		n := newNote(u.ID)
		n.Title, n.Body, n.UpdatedAt = "milk", strings.Repeat("a", 96), at(i)
		notes = append(notes, addNote(t, s, n))
	}
	for bytes, want := range map[int]int{1: 1, 100: 1, 101: 2, 501: 6, 10_000: 6} {
		q := searchFor("milk", 6)
		q.MaxBytes = bytes
		page, more, err := s.ListNotes(t.Context(), u.ID, q)
		ok(t, err)
		if len(page) != want || more != (want < 6) {
			t.Errorf("%d bytes: %d notes and more %t, want %d", bytes, len(page), more, want)
		}
		wantFound(t, s, u.ID, notes, q)
	}
}

// testSearchBehind has more notes that an engine's index gives, and that are not
// what is searched for, than any engine looks at in one go; behind them two that are.
func testSearchBehind(t *testing.T, s store.Store) {
	u := addUser(t, s)
	notes := make([]store.Note, 1100)
	for i := range notes {
		notes[i] = newNote(u.ID)
		notes[i].Body, notes[i].UpdatedAt = "bread milk", at(i)
		if i < 2 {
			notes[i].Body = "milk bread"
		}
	}
	addNotes(t, s, notes)
	wantFound(t, s, u.ID, notes, searchFor(`"milk bread"`, 1))
}

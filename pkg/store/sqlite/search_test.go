package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// heldAtMost holds notes of one millisecond in any order, and returns how many and how many
// bytes of them were held at once at most, and the ids on the page.
func heldAtMost(notes []store.Note, limit, maxBytes int) (most, bytes int, ids []string) {
	f := &finder{page: newPage(store.ListQuery{Limit: limit, MaxBytes: maxBytes})}
	for _, n := range notes {
		f.hold(n)
		size := 0
		for _, h := range f.held {
			size += sizeOf(h)
		}
		most, bytes = max(most, len(f.held)), max(bytes, size)
	}
	f.release(-1)
	for _, n := range f.page.notes {
		ids = append(ids, n.ID)
	}
	return most, bytes, ids
}

// TestSearchHoldsLittle: of many notes that have to be sorted, a search keeps no
// more than a page in memory.
func TestSearchHoldsLittle(t *testing.T) {
	t.Parallel()
	const size = 1000
	var notes []store.Note
	for i := range 1000 {
		n := testNote(fmt.Sprintf("%012d", i*7919%1000), 1)
		n.Title, n.Body = "", strings.Repeat("x", size)
		notes = append(notes, n)
	}
	for _, c := range []struct{ limit, maxBytes, want int }{
		{50, api.MaxPageBytes, 50},
		{200, 20 * size, 20},
		{200, 20*size - 1, 20},
		{1, 1, 1},
	} {
		most, bytes, ids := heldAtMost(notes, c.limit, c.maxBytes)
		if most > c.want+1 || bytes > (c.want+1)*size {
			t.Errorf("limits %d and %d: held %d notes of %d bytes", c.limit, c.maxBytes, most, bytes)
		}
		var want []string
		for i := range c.want {
			want = append(want, fmt.Sprintf("%012d", 999-i))
		}
		if !slices.Equal(ids, want) {
			t.Errorf("limits %d and %d: the page is %q", c.limit, c.maxBytes, ids)
		}
	}
}

// TestSearchAsksForForms: what a word can go on as is asked for by name, where that
// is not too much, and found either way.
func TestSearchAsksForForms(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	forms := func(prefix string, n int) (words []string) {
		for i := range n {
			words = append(words, fmt.Sprintf("%s%c", prefix, 'a'+i))
		}
		return words
	}
	for i, text := range []string{strings.Join(forms("few", maxForms), " "), strings.Join(forms("many", maxForms+1), " "), "none"} {
		n := testNote(fmt.Sprintf("%012d", i), int64(i))
		n.Title, n.Body = "", text
		must(t, s.CreateNote(t.Context(), n, nil))
	}
	f := &finder{store: s, owner: owner}
	for _, c := range []struct {
		word   string
		tokens int
		broad  bool
	}{{"few", maxForms, false}, {"fewa", 1, false}, {"many", 1, true}, {"manyb", 1, false}, {"other", 0, false}, {"fe", 1, true}} {
		got, err := f.clauseOf(t.Context(), search.Term{Token: "a" + c.word, Prefix: true})
		must(t, err)
		if len(got.tokens) != c.tokens || got.broad != c.broad {
			t.Errorf("%s: %+v, want %d tokens and broad %t", c.word, got, c.tokens, c.broad)
		}
		notes, _, err := s.ListNotes(t.Context(), owner, store.ListQuery{State: api.StateAll, Search: search.Parse(c.word), Limit: 9, MaxBytes: 1 << 20})
		must(t, err)
		if len(notes) != min(c.tokens, 1) {
			t.Errorf("%s finds %d notes", c.word, len(notes))
		}
	}
}

// TestSearchIsMisled by the notes it looks at first: all of them say what hardly any of the others
// does, and there are more of those than it reads in the hope of more.
func TestSearchIsMisled(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	var writes []store.Write
	var want []string
	for i := range 2*secondLook + firstLook {
		n := testNote(fmt.Sprintf("%012d", i), int64(i))
		n.Title, n.Body, n.Tags = "", "nothing", []string{"all"}
		switch {
		case i >= 2*secondLook:
			n.Body = "about bread"
		case i%1000 == 7:
			n.Body = "above"
			want = append([]string{n.ID}, want...)
		}
		writes = append(writes, store.Write{Note: n})
	}
	for _, err := range s.WriteNotes(t.Context(), writes) {
		must(t, err)
	}
	for _, text := range []string{"ab -bread", "tag:all ab -bread", "ab -bread -nothing", "above"} {
		var ids []string
		q := store.ListQuery{State: api.StateActive, Search: search.Parse(text), Limit: 4, MaxBytes: 1 << 20}
		for more := true; more; {
			var notes []store.Note
			var err error
			notes, more, err = s.ListNotes(t.Context(), owner, q)
			must(t, err)
			for _, n := range notes {
				ids = append(ids, n.ID)
			}
			q.After = &store.Place{Rank: 2, Time: notes[len(notes)-1].UpdatedAt, ID: notes[len(notes)-1].ID}
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s finds %q, want %q", text, ids, want)
		}
	}
}

package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// wordsOf is a vocabulary in which, as in a language, few words are most of a text.
type wordsOf struct {
	r    *rand.Rand
	zipf *rand.Zipf
}

func newWords() wordsOf {
	r := rand.New(rand.NewPCG(1, 2))
	return wordsOf{r, rand.NewZipf(r, 1.1, 3, 30_000)}
}

// word returns the word at a place of the vocabulary: the first are common.
func (w wordsOf) word(i uint64) string {
	const syllables = "tadoremilunokasepirofubagetivozu"
	word := ""
	for i += 16; i > 0; i /= 16 {
		word += syllables[i%16*2 : i%16*2+2]
	}
	return word
}

func (w wordsOf) text(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(w.word(w.zipf.Uint64()))
		b.WriteByte(' ')
	}
	return b.String()
}

// note is one of about 500 bytes, saved at some time within ten years.
func (w wordsOf) note(owner string) store.Note {
	n := testNote(api.NewID(), 1_500_000_000_000+w.r.Int64N(300_000_000_000))
	n.Owner, n.Title, n.Body = owner, w.text(5), w.text(85)
	if w.r.IntN(50) == 0 {
		n.Tags, n.Pinned = []string{"rare"}, w.r.IntN(20) == 0
	}
	n.Excerpt = n.Body[:100]
	return n
}

// searchable returns a store with n notes of each owner.
func searchable(tb testing.TB, n int, owners ...string) *Store {
	tb.Helper()
	s := mustOpen(tb, filepath.Join(tb.TempDir(), "notes.db"))
	w := newWords()
	for _, o := range owners {
		must(tb, s.CreateUser(tb.Context(), store.User{ID: o, Username: o, Key: o, PasswordHash: "x"}))
		for range n / 1000 {
			writes := make([]store.Write, 1000)
			for i := range writes {
				writes[i].Note = w.note(o)
			}
			for _, err := range s.WriteNotes(tb.Context(), writes) {
				must(tb, err)
			}
		}
	}
	return s
}

// BenchmarkSearch is the first page among one user's 100,000 notes, alone and with
// another user's 100,000 beside.
func BenchmarkSearch(b *testing.B) {
	for _, owners := range [][]string{{owner}, {"0123456789aa", owner}} {
		s := searchable(b, 100_000, owners...)
		w := newWords()
		for name, text := range map[string]string{
			"nowhere": "zzzzz", "common": w.word(0), "frequent": w.word(20), "rare": w.word(29_000),
			"one letter": "x", "two letters": w.word(1)[:2], "three letters": w.word(9)[:3],
			"two common": w.word(0) + " " + w.word(2), "common and rare": w.word(0) + " " + w.word(20_000),
			"common but not": w.word(0) + " -" + w.word(20), "phrase": `"` + w.word(0) + " " + w.word(1) + `"`,
		} {
			for filter, q := range map[string]store.ListQuery{
				"all": {}, "tag": {Tags: []string{"rare"}}, "pinned": {Pinned: new(true)}, "before": {Before: new(timeOf(1_550_000_000_000))},
				"page 20": {After: &store.Place{Rank: 2, Time: timeOf(1_790_000_000_000), ID: "k"}},
			} {
				q.State, q.Search, q.Limit, q.MaxBytes = api.StateActive, search.Parse(text), 50, api.MaxPageBytes
				b.Run(fmt.Sprintf("users %d/%s/%s", len(owners), name, filter), func(b *testing.B) {
					for b.Loop() {
						_, _, err := s.ListNotes(b.Context(), owner, q)
						must(b, err)
					}
				})
			}
		}
	}
}

package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// FuzzSearch holds that nothing a person can type is an error or an operator of the
// engine, and that the index finds what a look at each note does.
func FuzzSearch(f *testing.F) {
	for _, query := range []string{
		`milk`, `a`, `"a phrase"`, `milk -bread`, `-bread`, `tag:x is:pinned after:2026-01-31`, `"`, `*`, `"a"*`, `a AND b`, `NOT a`, `a OR b`,
		`NEAR(a b)`, `tokens:a`, `{tokens} : a`, `^a`, `a + b`, `(a`, `a'; DROP TABLE notes; --`, `words MATCH 'a'`, "\x00", `{"$ne":null}`, `.*`,
		`東京`, `ภาษา`, `🎉`, strings.Repeat("milk ", 200), strings.Repeat("x", 5000), `"bread milk" 'milk'`,
	} {
		f.Add(query, "milk and bread, 東京都 "+query)
	}
	s := openTest(f)
	f.Fuzz(func(t *testing.T, query, body string) {
		if !utf8.ValidString(query) || !utf8.ValidString(body) || strings.ContainsRune(body, 0) || len(body) > 1<<16 {
			return // the server refuses it
		}
		// More notes than a search looks at by itself say something else.
		user := store.User{ID: api.NewID(), Username: "u", PasswordHash: "x"}
		user.Key = user.ID
		must(t, s.CreateUser(t.Context(), user))
		writes := make([]store.Write, firstLook+10)
		for i := range writes {
			n := testNote(fmt.Sprintf("%012d", i), int64(1000-i))
			if n.Owner = user.ID; i >= firstLook {
				n.Body = body
			}
			writes[i] = store.Write{Note: n}
		}
		for _, err := range s.WriteNotes(t.Context(), writes) {
			must(t, err)
		}
		q := store.ListQuery{State: api.StateAll, Search: search.Parse(query), Limit: len(writes), MaxBytes: api.MaxPageBytes}
		var got, want []string
		notes, more, err := s.ListNotes(t.Context(), user.ID, q)
		if err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		for _, n := range notes {
			got = append(got, n.ID)
		}
		list, _ := q.Searched()
		for _, w := range writes {
			if _, found := q.Search.Rank(&w.Note.Note); found && passes(list, w.Note) {
				want = append(want, w.Note.ID)
			}
		}
		slices.Sort(got)
		if !more && !slices.Equal(got, want) {
			t.Errorf("%q finds %q among notes that say %q, want %q", query, got, body, want)
		}
		must(t, s.DeleteUser(t.Context(), user.ID, timeOf(1)))
	})
}

// passes reports whether a plain note passes the filters of a list.
func passes(q store.ListQuery, n store.Note) bool {
	return (q.State == api.StateAll || q.State == api.StateActive) && len(q.Tags) == 0 && (q.Pinned == nil || !*q.Pinned) &&
		(q.From == nil || !n.UpdatedAt.Before(q.From.Time)) && (q.Before == nil || n.UpdatedAt.Before(q.Before.Time))
}

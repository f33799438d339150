package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

var textChecks = []check{
	{"EveryField", testTextEveryField},
	{"Largest", testTextLargest},
	{"EveryCharacter", testTextEveryCharacter},
	{"TagsAreExact", testTextTags},
	{"Milliseconds", testMilliseconds},
}

// words are one word each, as a tag may be. They are the ones that something
// between here and the disk folds, normalises, cuts or takes for a command.
var words = map[string]string{
	"astral":      "𝒳😀\U0010ffff",
	"combining":   "e\u0301\u0327n\u0303",
	"composed":    "é\u1e09",
	"bidi":        "\u202eabc\u202c\u2066שלום\u2069",
	"zwj":         "👩\u200d👩\u200d👧\u200d👦\ufe0f",
	"invisible":   "a\u200bb\u00adc\u2060d\ufeff",
	"replacement": "\ufffd\ufffe\uffff",
	"han":         "漢字かな교",
	"dotless":     "ıİſß",
	"quotes":      `'"` + "`;--\\",
	"pattern":     `%_*?[a]^$.+(){}|`,
	"operator":    `{"$ne":null}`,
	"dotted":      "$set.a.b",
}

// texts are longer, and may hold what a tag may not.
var texts = map[string]string{
	"controls":       "a\x01b\x07\x08\x0b\x0c\x1b[31m\x1f\x7f\u0080\u0085\u009f",
	"crlf":           "a\r\nb\rc\n\n\r\n",
	"line ends":      "a\u2028b\u2029c",
	"trailing space": "  a\t \n ",
	"bom":            "\ufefftext",
	"empty":          "",
	"number":         "007",
	"null":           "null",
	"sql":            "x'); DROP TABLE notes;--",
}

func testTextEveryField(t *testing.T, s store.Store) {
	for name, text := range texts {
		t.Run(name, func(t *testing.T) { textEveryField(t, s, text, nil) })
	}
	for name, word := range words {
		t.Run(name, func(t *testing.T) { textEveryField(t, s, word, []string{"z", word}) })
	}
}

func textEveryField(t *testing.T, s store.Store, text string, tags []string) {
	u := store.User{ID: api.NewID(), Username: text, Key: "key" + text, PasswordHash: text, CreatedAt: at(0)}
	ok(t, s.CreateUser(t.Context(), u))
	got, err := s.UserByKey(t.Context(), u.Key)
	ok(t, err)
	equal(t, got, u)
	ok(t, s.SetPassword(t.Context(), u.ID, text, text+"2"))

	v := newSession(u.ID)
	v.Label = text
	addSession(t, s, v)
	wantSessions(t, s, u.ID, v)

	n := newNote(u.ID)
	n.Title, n.Body, n.Excerpt, n.TitleKey = text, text, text, text
	n.Tags = append(n.Tags, tags...)
	addNote(t, s, n)
	wantNote(t, s, n)
	for _, sort := range sorts {
		q := store.ListQuery{State: api.StateActive, Sort: sort, Order: api.OrderAsc, Limit: 9, Tags: tags}
		equal(t, list(t, s, u.ID, q), []store.Note{n})
	}
	after := store.ListQuery{State: api.StateActive, Sort: api.SortTitle, Order: api.OrderAsc, Limit: 9, After: ptr(store.PlaceOf(n, api.SortTitle))}
	equal(t, list(t, s, u.ID, after), []store.Note{})

	th := newThrottle("key" + text)
	ok(t, s.SetThrottle(t.Context(), th, 0))
	wantThrottle(t, s, th)
	value, err := s.CreateSetting(t.Context(), "name"+text, []byte(text))
	ok(t, err)
	equal(t, string(value), text)
	value, err = s.Setting(t.Context(), "name"+text)
	ok(t, err)
	equal(t, string(value), text)
}

func testTextLargest(t *testing.T, s store.Store) {
	u := addUser(t, s)
	fill := func(text string, size int) string { return strings.Repeat(text, size/len(text)+1)[:size] }
	for name, text := range map[string]string{"letters": "lorem ipsum ", "one character": "x", "escapes": "\x01", "four bytes": "😀"} {
		t.Run(name, func(t *testing.T) {
			n := newNote(u.ID)
			n.Title, n.Body = fill(text, api.MaxTitle), fill(text, api.MaxBody)
			n.TitleKey, n.Excerpt = n.Title, fill(text, 160)
			for i := range api.MaxTags {
				n.Tags = append(n.Tags, fmt.Sprintf("%s%02d", strings.Repeat("😀", 15), i))
			}
			for i := range store.MaxOperations {
				n.Operations = append(n.Operations, fmt.Sprintf("%012d", i))
			}
			addNote(t, s, n)
			wantNote(t, s, n)
			n.Body, n.Revision = fill("y", api.MaxBody), 2
			ok(t, s.UpdateNote(t.Context(), n, 1, nil))
			wantNote(t, s, n)
		})
	}
}

// testTextEveryCharacter stores every character there is but NUL, which the
// rules above the store refuse, and the surrogates, which are none.
func testTextEveryCharacter(t *testing.T, s store.Store) {
	u := addUser(t, s)
	var b strings.Builder
	flush := func() {
		n := newNote(u.ID)
		n.Body = b.String()
		b.Reset()
		addNote(t, s, n)
		got, err := s.Note(t.Context(), u.ID, n.ID)
		ok(t, err)
		if got.Body != n.Body {
			t.Errorf("the text from %q on came out changed", []rune(n.Body)[0])
		}
	}
	for r := rune(1); r <= '\U0010ffff'; r++ {
		if r >= 0xd800 && r <= 0xdfff {
			continue
		}
		b.WriteRune(r)
		if b.Len() > api.MaxBody-4 {
			flush()
		}
	}
	flush()
}

// testTextTags wants that a tag is found by its own bytes alone.
func testTextTags(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for _, word := range words {
		n := newNote(u.ID)
		n.Tags = []string{word}
		addNote(t, s, n)
	}
	tagged := func(tag string) int {
		return len(list(t, s, u.ID, store.ListQuery{
			State: api.StateActive, Tags: []string{tag}, Sort: api.SortUpdated, Order: api.OrderDesc, Limit: 99,
		}))
	}
	for name, word := range words {
		if n := tagged(word); n != 1 {
			t.Errorf("%s: %d notes have the tag, want 1", name, n)
		}
	}
	for _, near := range []string{"é", "É\u1e09", "e\u0301", "漢", "漢字かな교교", "%", "$ne", `{"$NE":null}`, "ISS", "", "."} {
		if n := tagged(near); n != 0 {
			t.Errorf("%d notes are found by %q, which is no tag of theirs", n, near)
		}
	}
}

func testMilliseconds(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for _, when := range []time.Time{
		{},
		time.Unix(0, 0),
		time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC),
		time.Date(0, 1, 1, 0, 0, 0, 1e6, time.UTC),
		time.Date(2026, 3, 29, 1, 30, 0, 1e6, time.UTC),
		time.Date(2038, 1, 19, 3, 14, 8, 7e6, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	} {
		v := api.TimeOf(when)
		n := trashed(newNote(u.ID), v)
		n.CreatedAt, n.UpdatedAt = v, v
		addNote(t, s, n)
		wantNote(t, s, n)
		got, err := s.Note(t.Context(), u.ID, n.ID)
		ok(t, err)
		if got.CreatedAt.String() != v.String() {
			t.Errorf("%s came out as %s", v, got.CreatedAt)
		}
	}
	q := store.ListQuery{State: api.StateAll, Sort: api.SortCreated, Order: api.OrderAsc, Limit: 2}
	notes := list(t, s, u.ID, q)
	equal(t, notes, answer(notes, q)) // times before 1970 are before the others
}

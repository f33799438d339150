package server

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// FuzzCursor holds that a cursor from the server leads to the place it was made
// for, and that one from elsewhere is refused or names one place.
func FuzzCursor(f *testing.F) {
	sorts := []api.Sort{api.SortUpdated, api.SortCreated, api.SortTitle, ""} // a search has none
	f.Fuzz(func(t *testing.T, foreign, title string, milli int64, sort uint8, descending bool) {
		o := api.ListOptions{Sort: sorts[int(sort)%len(sorts)], Order: api.OrderAsc}
		if descending {
			o.Order = api.OrderDesc
		}
		if utf8.ValidString(title) {
			n := newNote("ann", api.NewNote{ID: api.NewID(), Title: title}, api.TimeOfMilli(milli))
			checkCursor(t, o, n, int(sort))
		}

		o.Cursor = foreign
		at, err := parseCursor(o)
		if err != nil {
			if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != api.CodeInvalid || e.Field != "cursor" {
				t.Errorf("%q: %#v", foreign, err)
			}
			return
		}
		if at == nil {
			if foreign != "" {
				t.Errorf("%q leads to the first page", foreign)
			}
			return
		}
		if !api.ValidID(at.ID) || !utf8.ValidString(at.Title) {
			t.Errorf("%q leads to %+v", foreign, at)
		}
		n := store.Note{TitleKey: at.Title, Note: api.Note{NoteMeta: api.NoteMeta{ID: at.ID, CreatedAt: at.Time, UpdatedAt: at.Time}}}
		checkCursor(t, o, n, at.Rank)
	})
}

// checkCursor wants the cursor of a note to lead to its place.
func checkCursor(t *testing.T, o api.ListOptions, n store.Note, rank int) {
	t.Helper()
	o.Cursor = cursorOf(o, n, rank)
	at, err := parseCursor(o)
	want := store.PlaceOf(n, o.Sort)
	want.Rank = rank
	if err != nil || *at != want {
		t.Errorf("%s leads to %+v, %v, not to %+v", o.Cursor, at, err, want)
	}
	for _, other := range []api.Sort{api.SortUpdated, api.SortCreated, api.SortTitle, ""} {
		wrong := o
		wrong.Sort = other
		if _, err := parseCursor(wrong); other != o.Sort && err == nil {
			t.Errorf("%s is taken for a list by %s", o.Cursor, other)
		}
	}
}

// FuzzNormalTags holds that tags have one form: bringing them into it twice is
// bringing them into it once, and whatever passes the rules is in it.
func FuzzNormalTags(f *testing.F) {
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip("decode lets no such text through")
		}
		once := normalTags([]string{a, b})
		if again := normalTags(once); !slices.Equal(once, again) {
			t.Errorf("%q and %q become %q, and those %q", a, b, once, again)
		}
		if !slices.Equal(once, normalTags([]string{b, a, b})) {
			t.Errorf("%q and %q in another order differ", a, b)
		}
		if api.ValidateTags(once) != nil {
			return
		}
		for _, tag := range once {
			if strings.ToLower(tag) != tag || len(strings.FieldsFunc(tag, unicode.IsSpace)) != 1 || strings.ContainsAny(tag, ",\x00\n") {
				t.Errorf("%q is a tag", tag)
			}
		}
	})
}

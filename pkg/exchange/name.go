package exchange

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// maxSlug bounds in bytes what a file's name has of the title. With id and
// ending the name then has 137: some file systems that encrypt take no more than
// 143, others 255.
const maxSlug = 121

// FileName is the name of a note's file: what can be read of the title, for
// people, and the id, which makes it the only one of that name wherever case or
// the form of accents do not count. Of the title there are letters and digits of
// every script alone, which no file system and no shell gives a meaning to. With
// the id behind it, it is no name that Windows keeps for itself, as con is.
func FileName(n api.PortableNote) string {
	s := slug(n.Title)
	if s != "" {
		s += "-"
	}
	return s + n.ID + ".md"
}

func slug(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(title) {
		word := unicode.In(r, unicode.L, unicode.Nd) || unicode.Is(unicode.M, r) && b.Len() > 0 && !gap
		if !word || r == utf8.RuneError {
			gap = b.Len() > 0
			continue
		}
		need := utf8.RuneLen(r)
		if gap {
			need++
		}
		if b.Len()+need > maxSlug {
			break
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// idOf returns the id in the name of a file that [FileName] may have made.
func idOf(name string) (string, bool) {
	base, ok := strings.CutSuffix(name, ".md")
	if !ok || len(base) < api.IDLength {
		return "", false
	}
	slug, id := base[:len(base)-api.IDLength], base[len(base)-api.IDLength:]
	return id, api.ValidID(id) && (slug == "" || strings.HasSuffix(slug, "-"))
}

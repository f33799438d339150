package foreign

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

// draft is a note as a format gives it, before it has our form.
type draft struct {
	// key tells the note from all others of its format, today and in the next
	// export.
	key string
	// name is what people know it by: its file, its title, or where it stands.
	name string

	title, body      string
	tags             []string
	pinned, archived bool
	trashed          bool

	created, updated, trashedAt time.Time // zero: the source does not know
	modified                    time.Time // of the file, where there is nothing else
}

// note gives a draft our form and hands it on. It returns whether to go on.
func (r *reader) note(d draft) bool {
	d.title, d.body = r.text(d.name, d.title), r.text(d.name, d.body)
	if strings.TrimSpace(d.title) == "" {
		d.title, d.body = splitTitle(d.body)
	}
	d.title, d.body = fitTitle(d.title, d.body)
	if d.name == "" {
		d.name = d.title
	}
	if strings.TrimSpace(d.title+d.body) == "" {
		r.leave("notes without a text", d.name)
		return true
	}
	id := r.id(d.key)
	if len(d.body) > api.MaxBody {
		return r.fail(d.name, exchange.ErrTooLong)
	}
	n := api.PortableNote{
		ID: id, Title: d.title, Body: d.body, Tags: r.tags(d), Pinned: d.pinned, Archived: d.archived,
	}
	n.CreatedAt, n.UpdatedAt, n.TrashedAt = times(d)
	return r.item(exchange.Item{Place: d.name, Note: n})
}

// id is an id as a key of a map, which holds one for each note.
type id [api.IDLength]byte

// id makes the id of a key. Of equal keys, the order in the export tells the notes
// apart.
func (r *reader) id(key string) string {
	for n := 0; ; n++ {
		unique := key
		if n > 0 {
			unique += "\x00" + strconv.Itoa(n)
		}
		hash := sha256.Sum256([]byte(r.family + "\x00" + unique))
		s := api.IDOf(hash[:])
		if taken := id([]byte(s)); !r.ids[taken] {
			r.ids[taken] = true
			return s
		}
	}
}

// text is a text without what no note can hold.
func (r *reader) text(name, s string) string {
	clean, changed := cleanText(s)
	if changed {
		r.leave("characters that are no text", name)
	}
	return clean
}

// fitTitle makes a title of one line. One that is too long stays at the top of the
// body, and its beginning is the title.
func fitTitle(title, body string) (string, string) {
	title = oneLine(title)
	if len(title) <= api.MaxTitle {
		return title, body
	}
	whole := title
	if body != "" {
		whole += "\n\n" + body
	}
	return cut(title, api.MaxTitle), whole
}

// oneLine is a text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut returns the beginning of s, limit bytes at most and no character in two.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// times fills in what the source does not know with what is nearest to it. Who
// says nothing of the time of deletion deleted at the last change.
func times(d draft) (created, updated api.Time, trashed *api.Time) {
	first := func(all ...time.Time) api.Time {
		for _, t := range all {
			if !t.IsZero() && t.Year() > 0 && t.UTC().Year() <= 9999 {
				return api.TimeOf(t)
			}
		}
		return api.TimeOfMilli(0)
	}
	created = first(d.created, d.updated, d.modified)
	updated = first(d.updated, d.created, d.modified)
	if updated.Before(created.Time) {
		updated = created
	}
	if d.trashed {
		t := first(d.trashedAt, d.updated, d.created, d.modified)
		trashed = &t
	}
	return created, updated, trashed
}

// instant is a count of seconds, milliseconds, microseconds or nanoseconds since
// 1970: which one its size tells, for all times from 1973 to 5138. Nought is no
// time.
func instant(n int64) time.Time {
	switch abs := max(n, -n); {
	case n == 0:
		return time.Time{}
	case abs < 1e11:
		return time.Unix(n, 0)
	case abs < 1e14:
		return time.UnixMilli(n)
	case abs < 1e17:
		return time.UnixMicro(n)
	}
	return time.Unix(0, n)
}

// withSource adds where a text was taken from, unless it says so itself.
func withSource(body, url string) string {
	if url = oneLine(url); url == "" || strings.Contains(body, url) {
		return body
	}
	return strings.TrimLeft(fmt.Sprintf("%s\n\nSource: <%s>\n", strings.TrimRight(body, "\n"), url), "\n")
}

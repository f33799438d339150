package foreign

import (
	"cmp"
	"encoding/hex"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// Joplin exports items: notes, notebooks, tags, and what ties a tag to a note, a
// file each. An item is its title, an empty line, its text, an empty line, and a
// line "name: value" for each of its other fields; type_ says what it is.
type joplinItem struct{ title, body, footer string }

// field is the value of a field, empty where there is none.
func (i joplinItem) field(name string) string {
	at := strings.Index(i.footer, "\n"+name+":")
	if at < 0 {
		return ""
	}
	value, _, _ := strings.Cut(i.footer[at+len(name)+2:], "\n")
	return strings.TrimSpace(value)
}

// What type_ can be; all others tell nothing about a note.
const (
	joplinNote     = "1"
	joplinNotebook = "2"
	joplinResource = "4"
	joplinTag      = "5"
	joplinNoteTag  = "6"
)

// joplinFrame is what a note refers to, which may stand behind it.
type joplinFrame struct {
	notebooks map[joplinID]joplinBook
	tags      map[joplinID]string     // titles
	noteTags  map[joplinID][]joplinID // tags by note
}

type joplinBook struct {
	title  string
	parent joplinID
}

// joplinID is an id in little room: there is one for each tag of each note.
type joplinID [16]byte

// id is the id in a field, nought where there is none.
func (i joplinItem) id(name string) (id joplinID) {
	if b, err := hex.DecodeString(i.field(name)); err == nil && len(b) == len(id) {
		copy(id[:], b)
	}
	return id
}

// readJoplin goes through the items twice: what is around the notes, and the
// notes.
func readJoplin(r *reader) {
	frame := joplinFrame{map[joplinID]joplinBook{}, map[joplinID]string{}, map[joplinID][]joplinID{}}
	r.joplinItems(func(_ file, i joplinItem, err error) bool {
		if err == nil { // else it is told when the notes are read
			frame.add(i)
		}
		return true
	})
	r.joplinItems(func(f file, i joplinItem, err error) bool {
		switch {
		case err != nil:
			return r.fail(f.name, err)
		case i.field("encryption_applied") == "1":
			r.leave("encrypted items", path.Base(f.name))
		case i.field("type_") == joplinResource:
			r.leave("attachments", i.title)
		case i.field("type_") == joplinNotebook && frame.notebooks[i.id("parent_id")].title != "":
			r.leave("notebooks within notebooks, now tags side by side", i.title)
		case i.field("type_") == joplinNote:
			return r.joplinNote(f, i, frame)
		}
		return true
	})
}

// joplinItems goes through the items. Other Markdown files are none, and are passed
// over.
func (r *reader) joplinItems(each func(file, joplinItem, error) bool) {
	r.files(func(f file) bool {
		if !isJoplinName(f.name) {
			return true
		}
		b, err := f.read()
		item, ok := parseJoplin(string(b))
		if err == nil && !ok {
			return true
		}
		return each(f, item, err)
	})
}

// isJoplinName reports whether a file is named as an item is: by its id.
func isJoplinName(name string) bool {
	id, ok := strings.CutSuffix(path.Base(name), ".md")
	return ok && len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

func parseJoplin(text string) (joplinItem, bool) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	content, footer, ok := cutLast(text, "\n\n")
	if !ok { // an item with no text of its own
		content, footer = "", text
	}
	title, body, _ := strings.Cut(content, "\n")
	i := joplinItem{title, strings.TrimPrefix(body, "\n"), "\n" + footer}
	return i, i.field("type_") != "" && i.field("id") != ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if at := strings.LastIndex(s, sep); at >= 0 {
		return s[:at], s[at+len(sep):], true
	}
	return s, "", false
}

func (f *joplinFrame) add(i joplinItem) {
	switch i.field("type_") {
	case joplinNotebook:
		f.notebooks[i.id("id")] = joplinBook{tagTitle(i.title), i.id("parent_id")}
	case joplinTag:
		f.tags[i.id("id")] = tagTitle(i.title)
	case joplinNoteTag:
		note := i.id("note_id")
		f.noteTags[note] = append(f.noteTags[note], i.id("tag_id"))
	}
}

// tagTitle is as much of a title as a tag may need, without the text it is from.
func tagTitle(title string) string { return strings.Clone(cut(strings.TrimSpace(title), maxPlace)) }

// tagsOf are the titles of a note's tags and of the notebooks it is in.
func (f *joplinFrame) tagsOf(i joplinItem) []string {
	var tags []string
	for _, tag := range f.noteTags[i.id("id")] {
		tags = append(tags, f.tags[tag]) // empty where the tag is deleted
	}
	book := i.id("parent_id")
	for range api.MaxTags { // who knows whether it is a tree
		b, ok := f.notebooks[book]
		if !ok {
			break
		}
		tags, book = append(tags, b.title), b.parent
	}
	return tags
}

func (r *reader) joplinNote(f file, i joplinItem, frame joplinFrame) bool {
	value := func(names ...string) string {
		for _, name := range names {
			if v := i.field(name); v != "" && v != "0" {
				return v
			}
		}
		return ""
	}
	d := draft{
		key: i.field("id"), name: cmp.Or(i.title, path.Base(f.name)), title: i.title, body: i.body,
		tags:    frame.tagsOf(i),
		created: joplinTime(value("user_created_time", "created_time")),
		updated: joplinTime(value("user_updated_time", "updated_time")),
		trashed: value("deleted_time") != "", trashedAt: joplinTime(value("deleted_time")), modified: f.modified,
	}
	if value("is_todo") != "" {
		d.tags = append(d.tags, "todo")
		if value("todo_completed") != "" {
			d.tags = append(d.tags, "done")
		}
	}
	if value("is_conflict") != "" {
		d.tags = append(d.tags, "conflict")
	}
	if value("todo_due") != "" {
		r.leave("reminders", d.name)
	}
	if strings.Trim(value("latitude")+value("longitude"), "0.") != "" {
		r.leave("places", d.name)
	}
	if value("markup_language") == "2" {
		body, err := r.markdown(d.name, d.body)
		if err != nil {
			return r.fail(d.name, err)
		}
		d.body = body
	}
	d.body = withSource(d.body, value("source_url"))
	return r.note(d)
}

// joplinTime reads a time as text, or as the milliseconds that some fields have.
func joplinTime(s string) time.Time {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t
	}
	ms, _ := strconv.ParseInt(s, 10, 64)
	return instant(ms)
}

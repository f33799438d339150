package foreign

import (
	"cmp"
	"path"
	"strconv"
	"strings"
	"time"
)

// Joplin exports items: notes, notebooks, tags, and what ties a tag to a note, a
// file each. An item is its title, an empty line, its text, an empty line, and a
// line "name: value" for each of its other fields; type_ says what it is.
type joplinItem struct {
	title, body string
	fields      map[string]string
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
	notebooks map[string]joplinBook
	tags      map[string]string   // titles
	noteTags  map[string][]string // tags by note
}

type joplinBook struct{ title, parent string }

// readJoplin goes through the items twice: what is around the notes, and the
// notes.
func readJoplin(r *reader) {
	frame := joplinFrame{map[string]joplinBook{}, map[string]string{}, map[string][]string{}}
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
		case i.fields["encryption_applied"] == "1":
			r.leave("encrypted items", path.Base(f.name))
		case i.fields["type_"] == joplinResource:
			r.leave("attachments", i.title)
		case i.fields["type_"] == joplinNotebook && frame.notebooks[i.fields["parent_id"]].title != "":
			r.leave("notebooks within notebooks, now tags side by side", i.title)
		case i.fields["type_"] == joplinNote:
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
	i := joplinItem{fields: map[string]string{}}
	for line := range strings.SplitSeq(footer, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return i, false
		}
		i.fields[name] = strings.TrimSpace(value)
	}
	i.title, i.body, _ = strings.Cut(content, "\n")
	i.body = strings.TrimPrefix(i.body, "\n")
	return i, i.fields["type_"] != "" && i.fields["id"] != ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if at := strings.LastIndex(s, sep); at >= 0 {
		return s[:at], s[at+len(sep):], true
	}
	return s, "", false
}

func (f *joplinFrame) add(i joplinItem) {
	switch id := i.fields["id"]; i.fields["type_"] {
	case joplinNotebook:
		f.notebooks[id] = joplinBook{i.title, i.fields["parent_id"]}
	case joplinTag:
		f.tags[id] = i.title
	case joplinNoteTag:
		note := i.fields["note_id"]
		f.noteTags[note] = append(f.noteTags[note], i.fields["tag_id"])
	}
}

// tagsOf are the titles of a note's tags and of the notebooks it is in.
func (f *joplinFrame) tagsOf(i joplinItem) []string {
	var tags []string
	for _, id := range f.noteTags[i.fields["id"]] {
		if title := f.tags[id]; title != "" { // the tag may be deleted
			tags = append(tags, title)
		}
	}
	book := i.fields["parent_id"]
	for depth := 0; f.notebooks[book].title != "" && depth < 64; depth++ { // who knows whether it is a tree
		tags = append(tags, f.notebooks[book].title)
		book = f.notebooks[book].parent
	}
	return tags
}

func (r *reader) joplinNote(f file, i joplinItem, frame joplinFrame) bool {
	value := func(names ...string) string {
		for _, name := range names {
			if v := i.fields[name]; v != "" && v != "0" {
				return v
			}
		}
		return ""
	}
	d := draft{
		key: i.fields["id"], name: cmp.Or(i.title, path.Base(f.name)), title: i.title, body: i.body,
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

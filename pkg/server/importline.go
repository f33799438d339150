package server

import (
	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// importLine is a line of an import. What is nil was not there.
type importLine struct {
	ID        *string   `json:"id"`
	Title     *string   `json:"title"`
	Body      *string   `json:"body"`
	Tags      *[]string `json:"tags"`
	Pinned    *bool     `json:"pinned"`
	Archived  *bool     `json:"archived"`
	CreatedAt *api.Time `json:"created_at"`
	UpdatedAt *api.Time `json:"updated_at"`
	TrashedAt *api.Time `json:"trashed_at"` // null, too, is a note that is not in the trash
}

// parse makes the note of a line. A note that lacks a member is none: it would
// come to be another one than the person has.
func (i *importer) parse(line []byte) (store.Note, error) {
	var l importLine
	if err := decodeJSON("the line", line, true, &l); err != nil {
		return store.Note{}, err
	}
	for _, m := range []struct {
		name    string
		missing bool
	}{
		{"id", l.ID == nil},
		{"title", l.Title == nil},
		{"body", l.Body == nil},
		{"tags", l.Tags == nil},
		{"pinned", l.Pinned == nil},
		{"archived", l.Archived == nil},
		{"created_at", l.CreatedAt == nil},
		{"updated_at", l.UpdatedAt == nil},
	} {
		if m.missing {
			return store.Note{}, api.Invalid(m.name, "%s is missing", m.name)
		}
	}
	in := api.NewNote{
		ID: *l.ID, Title: *l.Title, Body: *l.Body, Tags: normalTags(*l.Tags), Pinned: *l.Pinned, Archived: *l.Archived,
		CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
	}
	if !api.ValidID(in.ID) { // not even an empty one, which Validate takes for a new note
		return store.Note{}, api.Invalid("id", "%q is not an id", in.ID)
	}
	if err := in.Validate(); err != nil {
		return store.Note{}, err
	}
	n := newNote(i.operation.Owner, in, i.operation.At)
	n.TrashedAt = i.trashedAt(l.TrashedAt)
	return n, nil
}

// trashedAt is when an imported note was put into the trash: as it says, or now
// if its time there is over, so that nothing goes before anybody has seen it, and
// now if it is yet to come, so that nothing stays for ever.
func (i *importer) trashedAt(t *api.Time) *api.Time {
	if t != nil && (t.After(i.trashNow.Time) || i.trashNow.Sub(t.Time) >= trashLife) {
		return &i.trashNow
	}
	return t
}

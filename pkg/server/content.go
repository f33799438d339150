package server

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// newNote makes the whole note out of valid input.
func newNote(owner string, in api.NewNote, now api.Time) store.Note {
	n := store.Note{Owner: owner, Note: api.Note{Body: in.Body, NoteMeta: api.NoteMeta{
		ID:        in.ID,
		Title:     in.Title,
		Tags:      in.Tags,
		Pinned:    in.Pinned,
		Archived:  in.Archived,
		CreatedAt: now,
		UpdatedAt: now,
		Revision:  1,
	}}}
	if in.CreatedAt != nil {
		n.CreatedAt = *in.CreatedAt
	}
	if in.UpdatedAt != nil {
		n.UpdatedAt = *in.UpdatedAt
	}
	derive(&n)
	return n
}

// applyPatch changes the note and reports whether anything is different now.
// Only title, body and tags move updated_at.
func applyPatch(n *store.Note, p api.NotePatch, now api.Time) bool {
	saved := set(&n.Title, p.Title)
	saved = set(&n.Body, p.Body) || saved
	if p.Tags != nil && !slices.Equal(n.Tags, *p.Tags) {
		n.Tags = *p.Tags
		saved = true
	}
	moved := set(&n.Pinned, p.Pinned)
	moved = set(&n.Archived, p.Archived) || moved
	if saved {
		n.UpdatedAt = now
		derive(n)
	}
	return saved || moved
}

// set puts a new value in place, if there is one, and reports whether it
// differs.
func set[T comparable](place *T, value *T) bool {
	if value == nil || *place == *value {
		return false
	}
	*place = *value
	return true
}

// derive makes what follows from the text.
func derive(n *store.Note) {
	n.Excerpt = api.Excerpt(n.Body)
	n.TitleKey = titleKey(n.Title)
}

// titleKeyBytes bounds what a title is sorted by, because it travels in cursors.
const titleKeyBytes = 256

// titleKey is the beginning of the title in lower case.
func titleKey(title string) string {
	key := norm.NFC.String(strings.ToLower(title))
	if len(key) <= titleKeyBytes {
		return key
	}
	end := titleKeyBytes
	for !utf8.RuneStart(key[end]) {
		end--
	}
	return key[:end]
}

// lastTime is the last one that RFC 3339 can say.
var lastTime = api.TimeOf(time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC))

// shown is the note as it goes out. Of one in the trash it says until when.
func shown(n store.Note) api.Note {
	if n.TrashedAt != nil {
		n.ExpiresAt = new(api.TimeOf(n.TrashedAt.Add(trashLife)))
		if n.ExpiresAt.After(lastTime.Time) {
			n.ExpiresAt = &lastTime
		}
	}
	return n.Note
}

// tombstone is what remains of a purged note: its key.
func tombstone(n store.Note, now api.Time) store.Note {
	return store.Note{Owner: n.Owner, PurgedAt: &now, Note: api.Note{NoteMeta: api.NoteMeta{
		ID: n.ID, Tags: []string{}, Revision: n.Revision,
	}}}
}

// normalTags brings tags into the one form in which they are kept and compared:
// lower case, NFC, sorted, none twice. It never returns nil.
func normalTags(tags []string) []string {
	out := make([]string, 0, len(tags))
	for _, t := range tags {
		out = append(out, norm.NFC.String(strings.ToLower(t)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

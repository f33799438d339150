package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const insertNote = `INSERT INTO notes
	(owner, id, pinned, archived, created_at, updated_at, trashed_at, purged_at, revision, tags, operations, title, title_key, excerpt, body, saved_by, saved_since, seq)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// CreateNote implements [store.Notes].
func (s *Store) CreateNote(ctx context.Context, n store.Note, trace *store.Trace) error {
	w := place(store.Write{Note: n, Trace: trace})
	return wrap("create note", s.writer.do(ctx, func(t tx) error { return t.write(w) }, s.changed(n.Owner)))
}

// UpdateNote implements [store.Notes].
func (s *Store) UpdateNote(ctx context.Context, n store.Note, revision int64, trace *store.Trace) error {
	w := place(store.Write{Note: n, Revision: revision, Trace: trace})
	return wrap("update note", s.writer.do(ctx, func(t tx) error {
		if err := t.replace(w.Write); err != nil {
			return err
		}
		return t.finish(w)
	}, s.changed(n.Owner)))
}

// WriteNotes implements [store.Notes]. All writes are in one transaction, with
// those of others.
func (s *Store) WriteNotes(ctx context.Context, writes []store.Write) []error {
	errs := make([]error, len(writes))
	if len(writes) == 0 {
		return errs
	}
	done, placed := make([]error, len(writes)), placeAll(writes)
	all := s.writer.do(ctx, func(t tx) error {
		for i, w := range placed {
			var trouble error
			if done[i], trouble = t.one(func(t tx) error { return t.write(w) }); trouble != nil {
				return trouble
			}
		}
		return nil
	}, s.versions.raise(writes))
	for i := range errs {
		if errs[i] = all; all == nil { // else nobody looks at done, which may still be written to
			errs[i] = done[i]
		}
		errs[i] = wrap("write notes", errs[i])
	}
	return errs
}

// write makes one write to one note, with what follows from it.
func (t tx) write(w placed) error {
	if err := t.begin(w.Write); err != nil {
		return err
	}
	return t.finish(w)
}

// begin writes the note. Where it fails, nothing was changed.
func (t tx) begin(w store.Write) error {
	if w.Revision > 0 {
		return t.replace(w)
	}
	return t.insert(w)
}

// finish puts the note of a write into the index, and keeps the trace.
func (t tx) finish(w placed) error {
	if err := t.index(w); err != nil {
		return err
	}
	return t.keep(w.Trace)
}

func (t tx) insert(w store.Write) error {
	seq, err := t.next(w.Note.Owner)
	if err != nil {
		return err
	}
	_, err = t.exec(insertNote, noteArgs(w.Note, seq)...)
	if !errors.Is(translate(err), api.ErrConflict) {
		return err
	}
	var gone bool
	if err := t.get(`SELECT purged_at NOT NULL FROM notes WHERE owner = ? AND id = ?`, []any{w.Note.Owner, w.Note.ID}, &gone); err != nil {
		return err
	}
	if gone {
		return api.ErrGone
	}
	return api.ErrConflict
}

func (t tx) replace(w store.Write) error {
	seq, err := t.next(w.Note.Owner)
	if err != nil {
		return err
	}
	changed, err := t.exec(`UPDATE notes SET pinned = ?3, archived = ?4, created_at = ?5, updated_at = ?6, trashed_at = ?7, purged_at = ?8,
		revision = ?9, tags = ?10, operations = ?11, title = ?12, title_key = ?13, excerpt = ?14, body = ?15, saved_by = ?16, saved_since = ?17, seq = ?18
		WHERE owner = ?1 AND id = ?2 AND revision = ?19 AND purged_at IS NULL`, append(noteArgs(w.Note, seq), w.Revision)...)
	if err != nil || changed > 0 {
		return err
	}
	return t.staleIf(`SELECT 1 FROM notes WHERE owner = ? AND id = ? AND purged_at IS NULL`, w.Note.Owner, w.Note.ID)
}

// noteArgs returns the parameters of a note, owner and id first. Of a tombstone
// no text is kept. Without a seq, which is nil then, the note is in no feed.
func noteArgs(n store.Note, seq any) []any {
	if n.PurgedAt != nil {
		n.Tags, n.Operations, n.Title, n.TitleKey, n.Excerpt, n.Body, n.SavedBy, n.SavedSince = nil, nil, "", "", "", "", "", nil
	}
	return []any{
		n.Owner, n.ID, n.Pinned, n.Archived, n.CreatedAt.UnixMilli(), n.UpdatedAt.UnixMilli(), optional(n.TrashedAt), optional(n.PurgedAt),
		n.Revision, strings.Join(n.Tags, ","), strings.Join(n.Operations, ","), n.Title, n.TitleKey, n.Excerpt, n.Body,
		n.SavedBy, optional(n.SavedSince), seq,
	}
}

func optional(t *api.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMilli()
}

func timeOf(ms int64) api.Time { return api.TimeOf(time.UnixMilli(ms)) }

func timeOrNil(ms sql.NullInt64) *api.Time {
	if !ms.Valid {
		return nil
	}
	t := timeOf(ms.Int64)
	return &t
}

// Note implements [store.Notes].
func (s *Store) Note(ctx context.Context, owner, id string) (store.Note, error) {
	n := store.Note{Owner: owner}
	err := s.reads.one(ctx, `SELECT `+columns("n", true)+` FROM notes n WHERE owner = ? AND id = ? AND purged_at IS NULL`,
		[]any{owner, id}, func(scan scanFunc) error { return scanNote(&n, scan) })
	if err != nil {
		return store.Note{}, wrap("note", err)
	}
	return n, nil
}

// NotesByID implements [store.Notes].
func (s *Store) NotesByID(ctx context.Context, owner string, ids []string) ([]store.Note, error) {
	notes := make([]store.Note, 0, len(ids))
	sorted := slices.Compact(slices.Sorted(slices.Values(ids)))
	err := s.reads.each(ctx, `SELECT `+columns("n", true)+` FROM json_each(?2) p CROSS JOIN notes n INDEXED BY notes_by_id
		WHERE n.owner = ?1 AND n.id = p.value AND n.purged_at IS NULL`, []any{owner, jsonOf(sorted)},
		func(scan scanFunc) (bool, error) {
			n := store.Note{Owner: owner}
			err := scanNote(&n, scan)
			notes = append(notes, n)
			return false, err
		})
	if err != nil {
		return nil, wrap("notes by id", err)
	}
	return notes, nil
}

// Titles implements [store.Notes].
func (s *Store) Titles(ctx context.Context, owner string, ids []string) (map[string]string, error) {
	titles := make(map[string]string, len(ids))
	err := s.reads.each(ctx, `SELECT n.id, n.title FROM json_each(?2) p CROSS JOIN notes n INDEXED BY notes_by_id
		WHERE n.owner = ?1 AND n.id = p.value AND n.purged_at IS NULL`, []any{owner, jsonOf(ids)},
		func(scan scanFunc) (bool, error) {
			var id, title string
			err := scan(&id, &title)
			titles[id] = title
			return false, err
		})
	if err != nil {
		return nil, wrap("titles", err)
	}
	return titles, nil
}

// CountNotes implements [store.Notes]. It walks along an index.
func (s *Store) CountNotes(ctx context.Context, owner string) (int, error) {
	var n int
	err := s.reads.get(ctx, `SELECT count(*) FROM notes WHERE owner = ? AND state >= 0`, []any{owner}, &n)
	return n, wrap("count notes", err)
}

// ListTags implements [store.Notes].
func (s *Store) ListTags(ctx context.Context, owner string) ([]api.TagCount, error) {
	list := []api.TagCount{}
	err := s.reads.each(ctx, `SELECT tag, count FROM tag_counts WHERE owner = ? ORDER BY tag`, []any{owner},
		func(scan scanFunc) (bool, error) {
			var v api.TagCount
			err := scan(&v.Tag, &v.Count)
			list = append(list, v)
			return false, err
		})
	if err != nil {
		return nil, wrap("list tags", err)
	}
	return list, nil
}

// columns are what scanNote reads. What lists are ordered by comes from the
// table that a list walks along.
func columns(walk string, body bool) string {
	c := fmt.Sprintf("%[1]s.id AS id, %[1]s.created_at AS created_at, %[1]s.updated_at AS updated_at, %[1]s.title_key AS title_key, ", walk) +
		"n.pinned, n.archived, n.trashed_at, n.revision, n.tags, n.operations, n.title, n.excerpt, "
	if body {
		return c + "n.body, n.saved_by, n.saved_since" // which lie behind it
	}
	return c + "'', '', NULL"
}

func scanNote(n *store.Note, scan scanFunc) error {
	var created, updated, pinned, archived int64
	var trashed, since sql.NullInt64
	var tags, operations string
	err := scan(&n.ID, &created, &updated, &n.TitleKey, &pinned, &archived, &trashed, &n.Revision, &tags, &operations, &n.Title, &n.Excerpt,
		&n.Body, &n.SavedBy, &since)
	if err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt, n.Pinned, n.Archived = timeOf(created), timeOf(updated), pinned != 0, archived != 0
	n.TrashedAt, n.SavedSince = timeOrNil(trashed), timeOrNil(since)
	n.Tags, n.Operations = split(tags), split(operations)
	return nil
}

func split(joined string) []string {
	if joined == "" {
		return []string{}
	}
	return strings.Split(joined, ",")
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const insertNote = `INSERT INTO notes
	(owner, id, pinned, archived, created_at, updated_at, trashed_at, purged_at, revision, tags, operations, title, title_key, excerpt, body)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// CreateNote implements [store.Notes].
func (s *Store) CreateNote(ctx context.Context, n store.Note) error {
	args := noteArgs(n)
	err := s.writer.do(ctx, func(t tx) error {
		_, err := t.exec(insertNote, args...)
		if !errors.Is(translate(err), api.ErrConflict) {
			return err
		}
		var gone bool
		if err := t.get(`SELECT purged_at NOT NULL FROM notes WHERE owner = ? AND id = ?`, []any{n.Owner, n.ID}, &gone); err != nil {
			return err
		}
		if gone {
			return api.ErrGone
		}
		return api.ErrConflict
	}, s.changed(n.Owner))
	return wrap("create note", err)
}

// noteArgs returns the parameters of a note, owner and id first. Of a tombstone
// no text is kept.
func noteArgs(n store.Note) []any {
	if n.PurgedAt != nil {
		n.Tags, n.Operations, n.Title, n.TitleKey, n.Excerpt, n.Body = nil, nil, "", "", "", ""
	}
	return []any{
		n.Owner, n.ID, n.Pinned, n.Archived, n.CreatedAt.UnixMilli(), n.UpdatedAt.UnixMilli(), optional(n.TrashedAt), optional(n.PurgedAt),
		n.Revision, strings.Join(n.Tags, ","), strings.Join(n.Operations, ","), n.Title, n.TitleKey, n.Excerpt, n.Body,
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

// UpdateNote implements [store.Notes].
func (s *Store) UpdateNote(ctx context.Context, n store.Note, revision int64) error {
	args := append(noteArgs(n), revision)
	return wrap("update note", s.writer.do(ctx, func(t tx) error {
		changed, err := t.exec(`UPDATE notes SET pinned = ?3, archived = ?4, created_at = ?5, updated_at = ?6, trashed_at = ?7, purged_at = ?8,
			revision = ?9, tags = ?10, operations = ?11, title = ?12, title_key = ?13, excerpt = ?14, body = ?15
			WHERE owner = ?1 AND id = ?2 AND revision = ?16 AND purged_at IS NULL`, args...)
		if err != nil || changed > 0 {
			return err
		}
		return t.staleIf(`SELECT 1 FROM notes WHERE owner = ? AND id = ? AND purged_at IS NULL`, n.Owner, n.ID)
	}, s.changed(n.Owner)))
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

// CountNotes implements [store.Notes]. It walks along an index.
func (s *Store) CountNotes(ctx context.Context, owner string) (int, error) {
	var n int
	err := s.reads.get(ctx, `SELECT count(*) FROM notes WHERE owner = ? AND state >= 0`, []any{owner}, &n)
	return n, wrap("count notes", err)
}

// columns are what scanNote reads. What lists are ordered by comes from the
// table that a list walks along.
func columns(walk string, body bool) string {
	c := fmt.Sprintf("%[1]s.id AS id, %[1]s.created_at AS created_at, %[1]s.updated_at AS updated_at, %[1]s.title_key AS title_key, ", walk) +
		"n.pinned, n.archived, n.trashed_at, n.revision, n.tags, n.operations, n.title, n.excerpt, "
	if body {
		return c + "n.body"
	}
	return c + "''"
}

func scanNote(n *store.Note, scan scanFunc) error {
	var created, updated, pinned, archived int64
	var trashed sql.NullInt64
	var tags, operations string
	err := scan(&n.ID, &created, &updated, &n.TitleKey, &pinned, &archived, &trashed, &n.Revision, &tags, &operations, &n.Title, &n.Excerpt, &n.Body)
	if err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt, n.Pinned, n.Archived = timeOf(created), timeOf(updated), pinned != 0, archived != 0
	n.TrashedAt = timeOrNil(trashed)
	n.Tags, n.Operations = split(tags), split(operations)
	return nil
}

func split(joined string) []string {
	if joined == "" {
		return []string{}
	}
	return strings.Split(joined, ",")
}

// bury makes tombstones of at most 500 notes.
const bury = `UPDATE notes SET purged_at = ?1, revision = revision + 1,
	tags = '', operations = '', title = '', title_key = '', excerpt = '', body = '' WHERE number IN `

// EmptyTrash implements [store.Notes].
func (s *Store) EmptyTrash(ctx context.Context, owner string, now api.Time) (int, error) {
	n, err := s.repeat(ctx, s.changed(owner), bury+`(SELECT number FROM notes WHERE owner = ?2 AND state = 2 LIMIT 500)`, now.UnixMilli(), owner)
	return n, wrap("empty trash", err)
}

// ExpireNotes implements [store.Notes].
func (s *Store) ExpireNotes(ctx context.Context, trashedBefore, now api.Time) (int, error) {
	n, err := s.repeat(ctx, s.versions.raiseAll, bury+`(SELECT number FROM notes WHERE state = 2 AND trashed_at < ?2 LIMIT 500)`,
		now.UnixMilli(), trashedBefore.UnixMilli())
	return n, wrap("expire notes", err)
}

// ExpireTombstones implements [store.Notes].
func (s *Store) ExpireTombstones(ctx context.Context, before api.Time) (int, error) {
	n, err := s.repeat(ctx, nil, `DELETE FROM notes WHERE number IN (SELECT number FROM notes WHERE purged_at < ? LIMIT 500)`, before.UnixMilli())
	return n, wrap("expire tombstones", err)
}

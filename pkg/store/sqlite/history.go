package sqlite

import (
	"context"
	"database/sql"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// forget is how much of what is too old goes with one write at most.
const forget = 500

const (
	insertOperation = `INSERT INTO operations (owner, id, at, action, session, label) VALUES (?, ?, ?, ?, ?, ?)`
	insertStep      = `INSERT INTO steps
		(owner, id, revision, operation, action, at, pinned, archived, created_at, updated_at, trashed_at, kept, tags, title, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

func operationArgs(o store.Operation) []any {
	return []any{o.Owner, o.ID, o.At.UnixMilli(), string(o.Action), o.Session, o.Label}
}

func stepArgs(v store.Step) []any {
	var operation, tags, title, body any
	if v.Operation != "" {
		operation = v.Operation
	}
	if v.Text != nil {
		tags, title, body = strings.Join(v.Text.Tags, ","), v.Text.Title, v.Text.Body
	}
	return []any{
		v.Owner, v.ID, v.Revision, operation, string(v.Action), v.At.UnixMilli(),
		v.Pinned, v.Archived, optional(v.CreatedAt), v.UpdatedAt.UnixMilli(), optional(v.TrashedAt), v.Kept, tags, title, body,
	}
}

// keep writes a trace, and forgets some of what it makes too old.
func (t tx) keep(trace *store.Trace) error {
	if trace == nil {
		return nil
	}
	begun, err := t.keepOperation(trace.Operation)
	if err != nil {
		return err
	}
	if _, err := t.exec(insertStep, stepArgs(trace.Step)...); err != nil {
		return err
	}
	if trace.Step.Kept {
		if err := t.trimRevisions(trace.Step.Owner, trace.Step.ID); err != nil {
			return err
		}
	}
	id := trace.Operation.ID
	if begun && dueToForget(id, 16) || dueToForget(id+trace.Step.ID, forget/2) {
		return t.forgetOperations(trace.Operation.Owner)
	}
	return nil
}

// keepOperation writes an operation with its first step. One on many notes is
// looked for once, unless a savepoint may have taken it back.
func (t tx) keepOperation(o store.Operation) (begun bool, err error) {
	key := o.Owner + "/" + o.ID
	if !t.savepoints && *t.operation == key {
		return false, nil
	}
	n, err := t.exec(insertOperation+` ON CONFLICT DO NOTHING`, operationArgs(o)...)
	*t.operation = key
	return n > 0, err
}

// trimRevisions takes out of the history what is beyond the last ones. Undo may
// still need it.
func (t tx) trimRevisions(owner, id string) error {
	const old = ` (owner, id, revision) IN (SELECT owner, id, revision FROM steps
		WHERE owner = ? AND id = ? AND kept = 1 ORDER BY revision DESC LIMIT -1 OFFSET ?) `
	_, err := t.exec(`DELETE FROM steps WHERE operation IS NULL AND`+old, owner, id, store.MaxRevisions)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE steps SET kept = 0 WHERE`+old, owner, id, store.MaxRevisions)
	return err
}

// dueToForget says whether what is too old is to go along, with one of so many: of
// operations, and of steps, so that more goes than comes. That costs less than if
// each did it.
func dueToForget(key string, one uint32) bool {
	return crc32.ChecksumIEEE([]byte(key))%one == 0
}

// forgetOperations forgets, or begins to, the operations of a user that can no
// longer be undone.
func (t tx) forgetOperations(owner string) error {
	*t.operation = "" // it may be one of them
	const old = `(SELECT id FROM operations WHERE owner = ?1 ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?2)`
	// Left alone, SQLite would look through all steps of the user.
	const some = ` (owner, id, revision) IN (SELECT owner, id, revision FROM steps INDEXED BY steps_by_operation
		WHERE owner = ?1 AND operation IN ` + old + ` AND kept = ?3 LIMIT ?4)`
	args := []any{owner, store.LastOperations + 1}
	for _, forgetting := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM steps WHERE` + some, append(slices.Clip(args), false, forget)},
		{`UPDATE steps SET operation = NULL WHERE` + some, append(slices.Clip(args), true, forget)},
		{`DELETE FROM operations WHERE owner = ?1 AND id IN ` + old + `
			AND NOT EXISTS (SELECT 1 FROM steps WHERE owner = ?1 AND operation = operations.id)`, args},
	} {
		if _, err := t.exec(forgetting.query, forgetting.args...); err != nil {
			return err
		}
	}
	return nil
}

const (
	stepWithBody = `owner, id, revision, operation, action, at, pinned, archived, created_at, updated_at, trashed_at, kept, tags, title, body, 0` //nolint:gosec // names of columns, and no secret

	// lastOperations are those of owner ?1 that can be undone.
	lastOperations = `operations WHERE owner = ?1 ORDER BY at DESC, id DESC LIMIT ?2`
	// revisions name none but these.
	revisions = `SELECT owner, id, revision, iif(operation IN (SELECT id FROM ` + lastOperations + `), operation, NULL),
		action, at, pinned, archived, created_at, updated_at, trashed_at, kept, tags, title, `
)

func scanStep(scan scanFunc) (v store.Step, err error) {
	var at, updated int64
	var created, trashed sql.NullInt64
	var operation, tags, title, body sql.NullString
	err = scan(&v.Owner, &v.ID, &v.Revision, &operation, &v.Action, &at, &v.Pinned, &v.Archived, &created, &updated, &trashed, &v.Kept, &tags, &title, &body, &v.Size)
	if err != nil {
		return v, err
	}
	v.Operation, v.At = operation.String, timeOf(at)
	v.CreatedAt, v.UpdatedAt, v.TrashedAt = timeOrNil(created), timeOf(updated), timeOrNil(trashed)
	if v.Revision == 0 {
		v.UpdatedAt = api.Time{}
	}
	if tags.Valid {
		v.Text = &store.Text{Title: title.String, Body: body.String, Tags: split(tags.String)}
	}
	return v, nil
}

func (s *Store) steps(ctx context.Context, query string, args ...any) ([]store.Step, error) {
	var list []store.Step
	err := s.reads.each(ctx, query, args, func(scan scanFunc) (bool, error) {
		v, err := scanStep(scan)
		list = append(list, v)
		return false, err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// ListRevisions implements [store.History].
func (s *Store) ListRevisions(ctx context.Context, owner, id string) ([]store.Step, error) {
	list, err := s.steps(ctx, revisions+`'', octet_length(body) FROM steps WHERE owner = ?1 AND id = ?3 AND kept = 1 ORDER BY revision DESC LIMIT ?4`,
		owner, store.LastOperations, id, store.MaxRevisions)
	return list, wrap("list revisions", err)
}

// Revision implements [store.History].
func (s *Store) Revision(ctx context.Context, owner, id string, revision int64) (store.Step, error) {
	list, err := s.steps(ctx, revisions+`body, 0 FROM steps WHERE owner = ?1 AND id = ?3 AND revision = ?4 AND kept = 1`,
		owner, store.LastOperations, id, revision)
	if err == nil && len(list) == 0 {
		err = api.ErrNotFound
	}
	if err != nil {
		return store.Step{}, wrap("revision", err)
	}
	return list[0], nil
}

// ListOperations implements [store.History].
func (s *Store) ListOperations(ctx context.Context, owner string) ([]store.Operation, error) {
	list, err := s.operations(ctx, owner, "")
	return list, wrap("list operations", err)
}

// operations returns the last ones, or only the one with this id among them.
func (s *Store) operations(ctx context.Context, owner, id string) ([]store.Operation, error) {
	var list []store.Operation
	err := s.reads.each(ctx, `SELECT id, at, action, session, label,
		(SELECT count(DISTINCT v.id) FROM steps v WHERE v.owner = ?1 AND v.operation = o.id),
		(SELECT ifnull(min(v.id), '') FROM steps v WHERE v.owner = ?1 AND v.operation = o.id)
		FROM (SELECT * FROM `+lastOperations+`) o WHERE ?3 IN ('', id) ORDER BY at DESC, id DESC`, []any{owner, store.LastOperations, id},
		func(scan scanFunc) (bool, error) {
			o := store.Operation{Owner: owner}
			var at int64
			err := scan(&o.ID, &at, &o.Action, &o.Session, &o.Label, &o.Notes, &o.Note)
			if o.At = timeOf(at); o.Notes > 0 {
				list = append(list, o)
			}
			return false, err
		})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Operation implements [store.History].
func (s *Store) Operation(ctx context.Context, owner, id string) (store.Operation, error) {
	list, err := s.operations(ctx, owner, id)
	if err == nil && len(list) == 0 {
		err = api.ErrNotFound
	}
	if err != nil {
		return store.Operation{}, wrap("operation", err)
	}
	return list[0], nil
}

// ListSteps implements [store.History].
func (s *Store) ListSteps(ctx context.Context, owner, operation, after string, limit int) ([]store.Step, error) {
	list, err := s.steps(ctx, `SELECT `+stepWithBody+` FROM steps v WHERE owner = ?1 AND operation = ?2 AND id > ?3
		AND NOT EXISTS (SELECT 1 FROM steps w WHERE w.owner = ?1 AND w.operation = ?2 AND w.id = v.id AND w.revision > v.revision)
		ORDER BY id LIMIT ?4`, owner, operation, after, limit)
	return list, wrap("list steps", err)
}

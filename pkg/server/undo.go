package server

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// undoTime is when an undo begins no other batch of notes: with what the last
	// one takes it is well within the time of a request.
	undoTime = 3 * time.Second
	// undoBatch is how many notes are read and written at once. Each may be there
	// twice, as it is and as it was, with a MiB of text.
	undoBatch = 32
	// undoPage is about how many notes one answer tells of.
	undoPage = 1000
)

// undoOperation brings each note that is still as an operation left it to where
// it was before, and says which those are. That is an operation, too.
func (s *Server) undoOperation(c *fiber.Ctx) error {
	params, err := query(c, "cursor")
	if err != nil {
		return err
	}
	after := params.Get("cursor")
	if params.Has("cursor") && !api.ValidID(after) {
		return api.Invalid("cursor", "this cursor is not one of this server's")
	}
	if err := noBody(c); err != nil {
		return err
	}
	own, err := s.operation(c, api.ActionUndo)
	if err != nil {
		return err
	}
	u := undo{server: s, own: own, target: c.Params("id")}
	if u.own.ID == u.target {
		return api.Invalid(api.HeaderOperation, "an undo is an operation of its own: give it another Operation-Id")
	}
	if err := u.check(c.UserContext()); err != nil {
		return err
	}
	if err := u.run(c.UserContext(), after); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, u.answer())
}

// undo takes back one operation, or a part of it.
type undo struct {
	server *Server
	own    store.Operation
	target string

	undone []api.NoteRef
	left   []api.Left
	next   string // the last note that was looked at, if there are more
}

// check wants the operation to be one of the last. When it was the last of
// these, its own undo has pushed it out, and a repeat or the rest follows.
func (u *undo) check(ctx context.Context) error {
	_, err := u.server.store.Operation(ctx, u.own.Owner, u.target)
	if !errors.Is(err, api.ErrNotFound) {
		return err
	}
	begun, err := u.server.store.Operation(ctx, u.own.Owner, u.own.ID)
	switch {
	case err == nil && begun.Action == api.ActionUndo:
		return nil
	case err != nil && !errors.Is(err, api.ErrNotFound):
		return err
	}
	return &api.Error{Code: api.CodeNotFound, Message: "this is none of the operations that can be undone"}
}

// run goes through the notes of the operation behind after until all are done or
// the time is over. Whatever ends it, those that are done stay so, and a repeat
// finds them done.
func (u *undo) run(ctx context.Context, after string) error {
	end := u.server.now().Add(undoTime)
	for {
		steps, err := u.server.store.ListSteps(ctx, u.own.Owner, u.target, after, undoBatch)
		if err != nil {
			return err
		}
		for again := steps; len(again) > 0; {
			if again, err = u.batch(ctx, again); err != nil {
				return err
			}
		}
		if len(steps) < undoBatch {
			return nil
		}
		after = steps[len(steps)-1].ID
		if len(u.undone)+len(u.left) >= undoPage || !u.server.now().Before(end) {
			u.next = after
			return nil
		}
	}
}

// batch takes steps back and returns those whose note somebody else has changed
// between the look at it and the write.
func (u *undo) batch(ctx context.Context, steps []store.Step) (again []store.Step, err error) {
	notes, err := u.notes(ctx, steps)
	if err != nil {
		return nil, err
	}
	var writes []store.Write
	var written []store.Step
	for _, v := range steps {
		n, ok := notes[v.ID]
		switch {
		case !ok:
			u.left = append(u.left, api.Left{ID: v.ID, Reason: api.ReasonPurged})
		case n.Revision <= v.Revision: // a step whose write was never made
		case slices.Contains(n.Operations, u.own.ID): // by an earlier request
			u.done(n)
		case !leftBy(n, v):
			u.left = append(u.left, api.Left{ID: v.ID, Title: n.Title, Reason: api.ReasonChanged})
		default:
			w, changed, _ := u.back(v).Plan(n)
			if !changed {
				u.done(n)
				continue
			}
			writes, written = append(writes, w), append(written, v)
		}
	}
	for i, err := range u.server.store.WriteNotes(ctx, writes) {
		switch {
		case err == nil:
			u.done(writes[i].Note)
		case errors.Is(err, api.ErrStale) || errors.Is(err, api.ErrNotFound):
			again = append(again, written[i])
		default:
			return nil, err
		}
	}
	return again, nil
}

// leftBy reports whether a note is as a step left it.
func leftBy(n store.Note, v store.Step) bool {
	last := len(n.Operations) - 1
	return n.Revision == v.Revision+1 && last >= 0 && n.Operations[last] == v.Operation
}

func (u *undo) notes(ctx context.Context, steps []store.Step) (map[string]store.Note, error) {
	ids := make([]string, len(steps))
	for i, v := range steps {
		ids[i] = v.ID
	}
	list, err := u.server.store.NotesByID(ctx, u.own.Owner, ids)
	notes := make(map[string]store.Note, len(list))
	for _, n := range list {
		notes[n.ID] = n
	}
	return notes, err
}

func (u *undo) done(n store.Note) {
	u.undone = append(u.undone, api.NoteRef{ID: n.ID, Title: n.Title})
}

// back is the change that takes one step back.
func (u *undo) back(v store.Step) store.Change {
	now := u.server.trash.stamp(u.own.At)
	return store.Change{
		Owner: v.Owner, ID: v.ID, Operation: u.own, Keep: true,
		Apply: func(n *store.Note) (bool, error) { return takeBack(n, v, now), nil },
	}
}

// takeBack brings a note to where it was before a step, its time of the last
// save too: five hundred notes with a tag too much are not the latest when the
// tag is taken away again. What goes back into the trash begins its time there
// anew, and there a new note goes: nothing is deleted for good by an undo.
func takeBack(n *store.Note, v store.Step, now api.Time) (changed bool) {
	if v.Revision == 0 {
		return trash(n, now)
	}
	if v.Text != nil {
		n.Title, n.Body, n.Tags = v.Text.Title, v.Text.Body, v.Text.Tags
		derive(n)
	}
	if v.CreatedAt != nil {
		n.CreatedAt = *v.CreatedAt
	}
	n.Pinned, n.Archived, n.UpdatedAt = v.Pinned, v.Archived, v.UpdatedAt
	if v.TrashedAt == nil {
		n.TrashedAt = nil
	} else {
		n.TrashedAt = nil
		trash(n, now)
	}
	return true
}

// answer tells of the notes by their ids, ascending.
func (u *undo) answer() api.Undone {
	slices.SortFunc(u.undone, func(a, b api.NoteRef) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(u.left, func(a, b api.Left) int { return cmp.Compare(a.ID, b.ID) })
	return api.Undone{Undone: u.undone, Left: u.left, NextCursor: u.next}
}

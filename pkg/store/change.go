package store

import (
	"context"
	"errors"
	"slices"

	"github.com/notesd/notesd/pkg/api"
)

// AnyRevision tells [ChangeNote] that the last write wins.
const AnyRevision = 0

// Change is one write to one note.
type Change struct {
	Owner, ID string
	// Revision is the one the writer saw: if the note has another by now, the
	// answer is ErrStale. With AnyRevision the change is made to whatever note
	// is there.
	Revision int64
	// Operation is what the write belongs to. A note that remembers its ID has
	// been changed already and is left as it is. Without an ID nothing is
	// remembered, and no trace left.
	Operation Operation
	// Keep makes the text that is replaced part of the history whatever
	// [SaveWindow] says, and the new one, when its turn comes.
	Keep bool
	// Apply changes the note in place and reports whether anything is different
	// now. It may be called several times, each time with the note as it is. It
	// leaves Revision and Operations alone.
	Apply func(n *Note) (changed bool, err error)
}

// ChangeNote reads the note, applies the change and writes it by
// compare-and-set, again and again while others write in between and the change
// is to any revision. It returns the note as it is afterwards. With ErrStale it
// returns the note that is there instead.
func ChangeNote(ctx context.Context, s Notes, c Change) (Note, error) {
	for {
		n, err := s.Note(ctx, c.Owner, c.ID)
		if err != nil {
			return Note{}, err
		}
		if c.Operation.ID != "" && slices.Contains(n.Operations, c.Operation.ID) {
			return n, nil
		}
		if c.Revision != AnyRevision && c.Revision != n.Revision {
			return n, api.ErrStale
		}
		w, changed, err := c.Plan(n)
		n = w.Note
		if err != nil || !changed {
			return n, err
		}
		switch err := s.UpdateNote(ctx, n, w.Revision, w.Trace); {
		case err == nil:
			return n, nil
		case !errors.Is(err, api.ErrStale):
			return Note{}, err
		}
		// Somebody was faster. Read again: it may have been this very operation.
	}
}

// Plan returns the write that makes the change to a note as it is in the store,
// and whether there is anything to write. It looks neither at the revision nor
// at the operations that the note remembers.
func (c Change) Plan(n Note) (w Write, changed bool, err error) {
	before := n
	if changed, err = c.Apply(&n); err != nil || !changed {
		return Write{Note: n}, changed, err
	}
	w = Write{Revision: n.Revision}
	n.Revision++
	if c.Operation.ID != "" && n.PurgedAt == nil {
		n.Operations = remember(n.Operations, c.Operation.ID)
		w.Trace = c.trace(before, &n)
	}
	w.Note = n
	return w, true, nil
}

// trace returns what is left of before, and notes in n whose saves its text is
// made of now.
func (c Change) trace(before Note, n *Note) *Trace {
	o := c.Operation
	o.Owner = n.Owner
	t := &Trace{Operation: o, Step: Step{
		Owner: n.Owner, ID: n.ID, Operation: o.ID, Action: o.Action, At: o.At,
		Revision: before.Revision, Pinned: before.Pinned, Archived: before.Archived,
		UpdatedAt: before.UpdatedAt, TrashedAt: before.TrashedAt,
	}}
	if before.CreatedAt != n.CreatedAt {
		t.Step.CreatedAt = &before.CreatedAt
	}
	if before.Title == n.Title && before.Body == n.Body && slices.Equal(before.Tags, n.Tags) {
		return t
	}
	t.Step.Text = &Text{Title: before.Title, Body: before.Body, Tags: before.Tags}
	since := before.SavedSince
	switch {
	case c.Keep:
		t.Step.Kept = true
		n.SavedBy, n.SavedSince = "", nil
	case since == nil || before.SavedBy != o.Session || o.At.Before(since.Time) || o.At.Sub(since.Time) >= SaveWindow:
		t.Step.Kept = true
		n.SavedBy, n.SavedSince = o.Session, &o.At
	}
	return t
}

// Created returns the write of a note that is new.
func (o Operation) Created(n Note) Write {
	w := Write{Note: n}
	if o.ID != "" {
		w.Note.Operations = []string{o.ID}
		w.Trace = &Trace{Operation: o, Step: Step{Owner: n.Owner, ID: n.ID, Operation: o.ID, Action: o.Action, At: o.At}}
	}
	return w
}

// remember appends an operation to the last ones without touching the old slice.
func remember(operations []string, id string) []string {
	if over := len(operations) + 1 - MaxOperations; over > 0 {
		operations = operations[over:]
	}
	return append(slices.Clip(operations), id)
}

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
	// Operation is the write's Operation-Id, empty for none. A note that
	// remembers it has been changed already and is left as it is.
	Operation string
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
		if c.Operation != "" && slices.Contains(n.Operations, c.Operation) {
			return n, nil
		}
		if c.Revision != AnyRevision && c.Revision != n.Revision {
			return n, api.ErrStale
		}
		changed, err := c.Apply(&n)
		if err != nil || !changed {
			return n, err
		}
		seen := n.Revision
		n.Revision++
		n.Operations = remember(n.Operations, c.Operation)
		switch err := s.UpdateNote(ctx, n, seen); {
		case err == nil:
			return n, nil
		case !errors.Is(err, api.ErrStale):
			return Note{}, err
		}
		// Somebody was faster. Read again: it may have been this very operation.
	}
}

// remember appends an operation to the last ones without touching the old slice.
func remember(operations []string, id string) []string {
	if id == "" {
		return operations
	}
	if over := len(operations) + 1 - MaxOperations; over > 0 {
		operations = operations[over:]
	}
	return append(slices.Clip(operations), id)
}

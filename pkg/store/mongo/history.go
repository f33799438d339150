package mongo

import (
	"context"
	"errors"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// NotesByID implements [store.Notes].
func (s *Store) NotesByID(context.Context, string, []string) ([]store.Note, error) {
	return nil, errors.ErrUnsupported
}

// ListTags implements [store.Notes].
func (s *Store) ListTags(context.Context, string) ([]api.TagCount, error) {
	return nil, errors.ErrUnsupported
}

// WriteNotes implements [store.Notes].
func (s *Store) WriteNotes(ctx context.Context, writes []store.Write) []error {
	errs := make([]error, len(writes))
	for i, w := range writes {
		if w.Revision == 0 {
			errs[i] = s.CreateNote(ctx, w.Note, w.Trace)
		} else {
			errs[i] = s.UpdateNote(ctx, w.Note, w.Revision, w.Trace)
		}
	}
	return errs
}

// ListRevisions implements [store.History].
func (s *Store) ListRevisions(context.Context, string, string) ([]store.Step, error) {
	return nil, errors.ErrUnsupported
}

// Revision implements [store.History].
func (s *Store) Revision(context.Context, string, string, int64) (store.Step, error) {
	return store.Step{}, errors.ErrUnsupported
}

// ListOperations implements [store.History].
func (s *Store) ListOperations(context.Context, string) ([]store.Operation, error) {
	return nil, errors.ErrUnsupported
}

// Operation implements [store.History].
func (s *Store) Operation(context.Context, string, string) (store.Operation, error) {
	return store.Operation{}, errors.ErrUnsupported
}

// ListSteps implements [store.History].
func (s *Store) ListSteps(context.Context, string, string, string, int) ([]store.Step, error) {
	return nil, errors.ErrUnsupported
}

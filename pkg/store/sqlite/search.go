package sqlite

import (
	"context"
	"errors"

	"github.com/notesd/notesd/pkg/store"
)

// search finds notes by what they say.
func (s *Store) search(context.Context, string, store.ListQuery) ([]store.Note, bool, error) {
	return nil, false, errors.ErrUnsupported
}

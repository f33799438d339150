package mongo

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// ListChanges implements [store.Feed].
func (s *Store) ListChanges(context.Context, string, store.ChangesQuery) (store.Changes, error) {
	return store.Changes{}, wrap("list changes", api.ErrUnavailable)
}

// FeedEnds implements [store.Feed].
func (s *Store) FeedEnds(context.Context, []string) (map[string]store.Position, error) {
	return nil, wrap("feed ends", api.ErrUnavailable)
}

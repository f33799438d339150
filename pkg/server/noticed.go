package server

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// noticed is a store whose writes of notes wake the streams of their owner, those
// that failed too: whether one of them was made nobody knows. What goes past it,
// as the hourly sweep of the trash does, the hub finds when it looks at the store.
type noticed struct {
	store.Store
	hub *hub
}

func (s noticed) CreateNote(ctx context.Context, n store.Note, t *store.Trace) error {
	defer s.hub.written(n.Owner)
	return s.Store.CreateNote(ctx, n, t)
}

func (s noticed) UpdateNote(ctx context.Context, n store.Note, revision int64, t *store.Trace) error {
	defer s.hub.written(n.Owner)
	return s.Store.UpdateNote(ctx, n, revision, t)
}

func (s noticed) WriteNotes(ctx context.Context, writes []store.Write) []error {
	defer func() {
		for owner := range ownersOf(writes) {
			s.hub.written(owner)
		}
	}()
	return s.Store.WriteNotes(ctx, writes)
}

func (s noticed) EmptyTrash(ctx context.Context, owner string, now api.Time) (int, error) {
	defer s.hub.written(owner)
	return s.Store.EmptyTrash(ctx, owner, now)
}

func ownersOf(writes []store.Write) map[string]bool {
	owners := map[string]bool{}
	for _, w := range writes {
		owners[w.Note.Owner] = true
	}
	return owners
}

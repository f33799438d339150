package server

import (
	"context"
	"hash/maphash"
)

// turns lets those who change one record by compare-and-set do so one after the
// other. It is not what makes that safe, but fifty at once would else read and
// write again for each one that wins, which is more than a thousand times.
type turns struct {
	seed  maphash.Seed
	slots [256]chan struct{} // of keys that share one, some wait for nothing
}

func newTurns() *turns {
	t := &turns{seed: maphash.MakeSeed()}
	for i := range t.slots {
		t.slots[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the turn of whoever changes this key, until ctx ends. Done must
// be called after the change.
func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	slot := t.slots[maphash.String(t.seed, key)%uint64(len(t.slots))]
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

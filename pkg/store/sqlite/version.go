package sqlite

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/notesd/notesd/pkg/store"
)

var _ store.Versioned = (*Store)(nil)

// versions count the writes to notes. Owners share the counters, by hash: there
// may be millions, and one too many counted costs only a list read again.
type versions struct {
	seed     maphash.Seed
	counters [1024]atomic.Uint64
}

func (v *versions) of(owner string) *atomic.Uint64 {
	return &v.counters[maphash.String(v.seed, owner)%uint64(len(v.counters))]
}

// raiseAll is for writes to the notes of more than one owner.
func (v *versions) raiseAll() {
	for i := range v.counters {
		v.counters[i].Add(1)
	}
}

// NotesVersion implements [store.Versioned].
func (s *Store) NotesVersion(owner string) uint64 { return s.versions.of(owner).Load() }

// changed returns what to do after a write to the notes of one owner, even one
// that failed or whose caller is gone: that one may have been committed.
func (s *Store) changed(owner string) func() {
	return func() { s.versions.of(owner).Add(1) }
}

// raise is as changed for several writes.
func (v *versions) raise(writes []store.Write) func() {
	return func() {
		for _, w := range writes {
			v.of(w.Note.Owner).Add(1)
		}
	}
}

package store

import (
	"context"
	"iter"

	"github.com/notesd/notesd/pkg/api"
)

// Record is one thing that a store keeps: exactly one member is set. The names
// of its JSON are those of the backup format, which outlives this program: a
// member may be added where its absence means what was true before, and none is
// renamed.
//
// The counters of the login are no records. They end by themselves within
// hours, and a store that is restored begins to count anew.
type Record struct {
	Setting   *Setting   `json:"setting,omitzero"`
	User      *User      `json:"user,omitzero"`
	Session   *Session   `json:"session,omitzero"`
	Note      *Note      `json:"note,omitzero"`
	Tombstone *Tombstone `json:"tombstone,omitzero"`
	Operation *Operation `json:"operation,omitzero"`
	Step      *Step      `json:"step,omitzero"`
}

// Setting is one value of [Settings].
type Setting struct {
	Name  string `json:"name"`
	Value []byte `json:"value"`
}

// Tombstone is what a purge leaves of a note.
type Tombstone struct {
	Owner    string   `json:"owner"`
	ID       string   `json:"id"`
	Revision int64    `json:"revision"`
	PurgedAt api.Time `json:"purged_at"`
}

// Note returns the note that CreateNote takes for this tombstone.
func (t Tombstone) Note() Note {
	n := Note{Owner: t.Owner, PurgedAt: &t.PurgedAt}
	n.ID, n.Revision = t.ID, t.Revision
	return n
}

// Dumper is what an engine offers beside [Store], so that everything in one
// store can be put into another, of any engine.
type Dumper interface {
	// Dump returns every record once: settings by name, users by ID, sessions by
	// ID, then notes and tombstones by owner and ID, operations by owner and ID,
	// steps by owner, ID and Revision, ascending. So the users come before what is
	// theirs, the notes before their steps, and two stores that hold the same give
	// the same. What is forgotten by the way may still be in it.
	//
	// What was acknowledged before the first record was asked for is in it. Of
	// what is written meanwhile, an engine with snapshots gives nothing, another
	// one a part: each record as it was at some moment, and none without its
	// user. An error is the last thing that it gives. The sequence can be gone
	// through once, and others read and write while it is.
	Dump(ctx context.Context) iter.Seq2[Record, error]

	// CountRecords returns about how many records Dump gives. It takes much less
	// time.
	CountRecords(ctx context.Context) (int, error)

	// Load takes what Dump gave into a store without users, sessions and notes
	// (ErrConflict where there are any), and replaces the settings. Dump then
	// gives the same. Nobody else may use the store meanwhile. Where records
	// ends with an error, or Load does, the store is left empty; a process that
	// ends midway leaves it empty, or one that Open refuses.
	Load(ctx context.Context, records iter.Seq2[Record, error]) error
}

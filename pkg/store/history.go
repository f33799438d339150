package store

import (
	"context"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

const (
	// MaxRevisions is how many texts of the past are kept of each note.
	MaxRevisions = 100

	// LastOperations is how many operations of each user can be undone. An engine
	// keeps the steps of the one before these, too: to undo the oldest is one more
	// operation, and may take several calls.
	LastOperations = 20

	// SaveWindow is how long the saves of one session count as one: an editor that
	// saves by itself would else push yesterday's text out within minutes. Of the
	// texts that such saves replace the first is kept, which is somebody else's, or
	// older than this.
	SaveWindow = 5 * time.Minute
)

// Operation is one thing that a user did, to one note or to many.
type Operation struct {
	Owner   string     `json:"owner"`
	ID      string     `json:"id"` // the Operation-Id
	At      api.Time   `json:"at"` // of its first step
	Action  api.Action `json:"action"`
	Session string     `json:"session"` // who did it: the id, and what it was called then
	Label   string     `json:"label"`

	Notes int    `json:"-"` // how many it has steps of; counted by the engine
	Note  string `json:"-"` // the id of the first of them; found by the engine
}

// Step is what one operation did to one note: it says how the note was before.
// For the history it keeps a text, and for undo whatever was changed.
type Step struct {
	Owner     string     `json:"owner"`
	ID        string     `json:"id"`        // the note's
	Operation string     `json:"operation"` // empty: it is none of the last ones any more
	Action    api.Action `json:"action"`    // of this step; a repeat of an id may do another
	At        api.Time   `json:"at"`

	// Revision is the one that was replaced; the note then had Revision+1. 0: there
	// was no note before, and the other fields are zero.
	Revision  int64     `json:"revision"`
	Pinned    bool      `json:"pinned"`
	Archived  bool      `json:"archived"`
	CreatedAt *api.Time `json:"created_at,omitzero"` // nil: it was not changed
	UpdatedAt api.Time  `json:"updated_at"`
	TrashedAt *api.Time `json:"trashed_at"`

	// Text is there if it was changed. Kept makes it a revision of the history.
	Text *Text `json:"text,omitzero"`
	Kept bool  `json:"kept"`

	Size int `json:"-"` // of the body in bytes; filled in by ListRevisions alone
}

// Text is what of a note is history.
type Text struct {
	Title string   `json:"title"`
	Body  string   `json:"body"`
	Tags  []string `json:"tags"`
}

// Trace is what a write leaves behind for the history and for undo.
type Trace struct {
	Operation Operation
	Step      Step
}

// History keeps what was replaced. It is written along with the notes: see
// [Trace]. What is older than [MaxRevisions] and [LastOperations] say is not
// given any more, and forgotten by the way: some writes take some of it along,
// so that none takes long.
//
// On an engine without transactions a step is written before its note. Where
// that write is not made, the step may be left. Nobody takes it for one that was
// done: the note has the Revision, or a lower one; or it remembers another
// operation in the place that this one would have.
type History interface {
	// ListRevisions returns the kept steps of one note, the highest Revision
	// first, each Revision once, at most MaxRevisions, without their bodies. There
	// are none of a note that is not found. They name no operation that is none of
	// the last ones any more.
	ListRevisions(ctx context.Context, owner, id string) ([]Step, error)

	// Revision returns the kept step of this Revision.
	Revision(ctx context.Context, owner, id string, revision int64) (Step, error)

	// ListOperations returns the last operations of one owner that have steps, the
	// last one first, at most LastOperations.
	ListOperations(ctx context.Context, owner string) ([]Operation, error)

	// Operation returns one of these.
	Operation(ctx context.Context, owner, id string) (Operation, error)

	// ListSteps returns the steps of one operation by the ids of their notes,
	// ascending, one of each note, from the first id behind after on ("" begins),
	// at most limit of them.
	ListSteps(ctx context.Context, owner, operation, after string, limit int) ([]Step, error)
}

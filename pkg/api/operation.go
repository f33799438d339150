package api

// Action is what an operation did.
type Action string

// The actions there are. More may come.
const (
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionAppend  Action = "append"
	ActionTrash   Action = "trash"
	ActionRestore Action = "restore"
	ActionRevert  Action = "revert"
	ActionRename  Action = "rename" // of a tag
	ActionImport  Action = "import"
	ActionUndo    Action = "undo"
)

// Operation is one thing that a user did, to one note or to many.
type Operation struct {
	ID     string   `json:"id"` // the Operation-Id
	At     Time     `json:"at"` // of the first of its writes
	Action Action   `json:"action"`
	Label  string   `json:"label"` // of the login or token that did it
	Notes  int      `json:"notes"` // how many it changed that were not deleted for good since
	Note   *NoteRef `json:"note"`  // the only one, as it is called now; nil: there are several
}

// NoteRef names a note.
type NoteRef struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// OperationList is the answer of GET /operations: the last ones, the latest
// first.
type OperationList struct {
	Operations []Operation `json:"operations"`
}

// Undone is the answer of POST /operations/{id}/undo: what became of some of the
// operation's notes, by their ids, ascending.
type Undone struct {
	Undone     []NoteRef `json:"undone"`      // are again as they were before
	Left       []Left    `json:"left"`        // stay as they are
	NextCursor string    `json:"next_cursor"` // to go on with, under the same Operation-Id; empty: these were all
}

// Left is a note that an undo did not touch.
type Left struct {
	ID     string `json:"id"`
	Title  string `json:"title"` // empty: it is gone
	Reason Reason `json:"reason"`
}

// Reason is why an undo left a note as it is.
type Reason string

// The reasons there are. More may come.
const (
	ReasonChanged Reason = "changed" // by something else since
	ReasonPurged  Reason = "purged"  // deleted for good
)

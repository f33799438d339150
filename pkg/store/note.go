package store

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
)

// MaxOperations is how many Operation-Ids a note remembers.
const MaxOperations = 32

// Note is one note as the store keeps it. What stands beside the wire type is
// made above the store.
type Note struct {
	api.Note
	Owner    string `json:"owner"`     // the user's id; (Owner, ID) is the key
	Excerpt  string `json:"excerpt"`   // api.Excerpt of the body
	TitleKey string `json:"title_key"` // what SortTitle orders by

	// Operations are the Operation-Ids of the last writes, the latest last, at
	// most [MaxOperations]. Since every write is a compare-and-set over the
	// revision, an id that was absent when the note was read is absent when the
	// write lands.
	Operations []string `json:"operations"`

	// PurgedAt makes the note a tombstone: it keeps its key and nothing of its
	// text, is in no state and no list, and is not found. It only makes
	// CreateNote answer ErrGone.
	PurgedAt *api.Time `json:"-"` // in a [Record] it is a [Tombstone]
}

// ListQuery says which notes of one owner to list. All fields are in the form
// the engine compares: normal tags, no defaults to fill in.
type ListQuery struct {
	State    api.State
	Tags     []string // notes that have all of these
	Pinned   *bool
	IDPrefix string
	Sort     api.Sort
	Order    api.Order

	// After is the last note of the page before, by its place in the order; nil
	// is the first page. A note that nobody changed meanwhile is on exactly one
	// page, because its place does not depend on the others'.
	After *Place

	Limit    int  // notes to return at most, 1 or more
	MaxBytes int  // the page also ends at the note with which titles and bodies reach this
	Summary  bool // leave Body empty: the engine need not read it
}

// Place is where a note stands in a list: the value it is sorted by, which is
// TitleKey for SortTitle and the time for the others, then its ID.
type Place struct {
	Title string
	Time  api.Time
	ID    string
}

// PlaceOf returns the place of n in a list with this sort.
func PlaceOf(n Note, sort api.Sort) Place {
	switch sort {
	case api.SortTitle:
		return Place{Title: n.TitleKey, ID: n.ID}
	case api.SortCreated:
		return Place{Time: n.CreatedAt, ID: n.ID}
	default:
		return Place{Time: n.UpdatedAt, ID: n.ID}
	}
}

// Notes keeps the notes. A tombstone is not found by any method but CreateNote.
// What comes out is equal to what went in: Tags is never nil, and TrashedAt is
// nil where it was.
type Notes interface {
	// CreateNote adds n. ErrConflict: the owner has a note with this id.
	// ErrGone: the owner had one and purged it. Two owners may hold the same id.
	CreateNote(ctx context.Context, n Note) error

	// Note returns one note.
	Note(ctx context.Context, owner, id string) (Note, error)

	// ListNotes returns notes in order, and whether there are more behind the
	// last one.
	ListNotes(ctx context.Context, owner string, q ListQuery) (notes []Note, more bool, err error)

	// NoteIDs returns the ids, in any state, that begin with one of these
	// prefixes, ascending, each once, at most limit of them.
	NoteIDs(ctx context.Context, owner string, prefixes []string, limit int) ([]string, error)

	// CountNotes returns how many notes one owner has, in all states. It may be
	// off by what is written meanwhile, and takes time for each of them.
	CountNotes(ctx context.Context, owner string) (int, error)

	// UpdateNote replaces the whole note n.Owner, n.ID (a tombstone where
	// n.PurgedAt is set) where its stored revision is still this one; n.Revision
	// is revision+1. It is one atomic compare-and-set: of any number at once
	// with the same revision one wins. ErrStale: the revision is another by now.
	// ErrNotFound: there is no such note.
	UpdateNote(ctx context.Context, n Note, revision int64) error

	// EmptyTrash makes tombstones of all trashed notes of one owner, raising
	// their revisions, and returns how many. Cut short, it has done a part.
	EmptyTrash(ctx context.Context, owner string, now api.Time) (int, error)

	// ExpireNotes does the same for the notes of all owners that were trashed
	// before this time, and ExpireTombstones forgets the tombstones made before
	// this time. Both return how many.
	ExpireNotes(ctx context.Context, trashedBefore, now api.Time) (int, error)
	ExpireTombstones(ctx context.Context, before api.Time) (int, error)
}

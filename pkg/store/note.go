package store

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
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

	// SavedBy is the session whose saves made the text, and SavedSince the time of
	// the first of them: see [SaveWindow]. Empty and nil: nobody has changed the
	// text since the note was made, or since a [Change] with Keep.
	SavedBy    string    `json:"saved_by,omitzero"`
	SavedSince *api.Time `json:"saved_since,omitzero"`

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
	From     *api.Time // notes with this UpdatedAt or a later one
	Before   *api.Time // notes with an earlier UpdatedAt than this
	Sort     api.Sort
	Order    api.Order

	// Search says what the notes must say, too. Then Sort and Order do not count:
	// the notes come by their [search.Query.Rank], the lower first, within each
	// the last UpdatedAt first, ties by ID descending; and Summary does not count,
	// since what was found is shown by the body.
	Search *search.Query

	// After is the last note of the page before, by its place in the order; nil
	// is the first page. A note that nobody changed meanwhile is on exactly one
	// page, because its place does not depend on the others'.
	After *Place

	Limit    int  // notes to return at most, 1 or more
	MaxBytes int  // the page also ends at the note with which titles and bodies reach this
	Summary  bool // leave Body, SavedBy and SavedSince empty: the engine need not read them
}

// Place is where a note stands in a list: its rank in a search, then the value
// it is sorted by, which is TitleKey for SortTitle, nothing for SortID and the
// time for the others, then its ID.
type Place struct {
	Rank  int
	Title string
	Time  api.Time
	ID    string
}

// PlaceOf returns the place of n in a list with this sort.
func PlaceOf(n Note, sort api.Sort) Place {
	switch sort {
	case api.SortTitle:
		return Place{Title: n.TitleKey, ID: n.ID}
	case api.SortID:
		return Place{ID: n.ID}
	case api.SortCreated:
		return Place{Time: n.CreatedAt, ID: n.ID}
	default:
		return Place{Time: n.UpdatedAt, ID: n.ID}
	}
}

// Write is one write to one note, for [Notes.WriteNotes].
type Write struct {
	Note     Note
	Revision int64  // that the note has in the store; 0: there is none
	Trace    *Trace // may be nil
}

// Notes keeps the notes. A tombstone is not found by any method but CreateNote.
// What comes out is equal to what went in: Tags is never nil, and TrashedAt is
// nil where it was.
type Notes interface {
	// CreateNote adds n, and keeps the trace with it where there is one.
	// ErrConflict: the owner has a note with this id. ErrGone: the owner had one
	// and purged it. Two owners may hold the same id.
	CreateNote(ctx context.Context, n Note, t *Trace) error

	// Note returns one note, NotesByID those of one owner that there are,
	// ascending by id.
	Note(ctx context.Context, owner, id string) (Note, error)
	NotesByID(ctx context.Context, owner string, ids []string) ([]Note, error)

	// Titles returns the titles of those of these notes that there are, by id.
	Titles(ctx context.Context, owner string, ids []string) (map[string]string, error)

	// ListNotes returns notes in order, and whether there are more behind the
	// last one.
	ListNotes(ctx context.Context, owner string, q ListQuery) (notes []Note, more bool, err error)

	// NoteIDs returns the ids, in any state, that begin with one of these
	// prefixes, ascending, each once, at most limit of them.
	NoteIDs(ctx context.Context, owner string, prefixes []string, limit int) ([]string, error)

	// CountNotes returns how many notes one owner has, in all states. It may be
	// off by what is written meanwhile, and takes time for each of them.
	CountNotes(ctx context.Context, owner string) (int, error)

	// ListTags returns the tags of one owner's notes that are not in the trash,
	// ascending by their bytes, and how many notes have each.
	ListTags(ctx context.Context, owner string) ([]api.TagCount, error)

	// UpdateNote replaces the whole note n.Owner, n.ID where its stored revision
	// is still this one, and keeps the trace with it where there is one;
	// n.Revision is revision+1. It is one atomic compare-and-set: of any number at
	// once with the same revision one wins. ErrStale: the revision is another by
	// now. ErrNotFound: there is no such note. With n.PurgedAt a tombstone is left,
	// and no step of the note: not of its text, and not of what was done to it.
	UpdateNote(ctx context.Context, n Note, revision int64, t *Trace) error

	// WriteNotes does what CreateNote and UpdateNote would do, one after the
	// other, with one wait for the disk if the engine can. Each error is that of
	// the write with its index; one that fails does not keep the others from being
	// done.
	WriteNotes(ctx context.Context, writes []Write) []error

	// EmptyTrash makes tombstones of all trashed notes of one owner, as UpdateNote
	// does, raising their revisions, and returns how many. Cut short, it has done a part.
	EmptyTrash(ctx context.Context, owner string, now api.Time) (int, error)

	// ExpireNotes does the same for the notes of all owners that were trashed
	// before this time, and ExpireTombstones forgets the tombstones made before
	// this time. Both return how many.
	ExpireNotes(ctx context.Context, trashedBefore, now api.Time) (int, error)
	ExpireTombstones(ctx context.Context, before api.Time) (int, error)
}

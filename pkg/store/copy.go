package store

import (
	"context"
	"errors"
	"fmt"
)

// Copying says what a store is becoming a copy of. It is kept in the store itself
// until the copy is whole.
type Copying struct {
	Source   string // names the other store, and holds no secret; empty: of which it was begun
	Existing bool   // the store had users before, and keeps them
}

// ErrOtherVersion is what OpenTarget returns where another version of notesd began
// the copy.
var ErrOtherVersion = errors.New("another version of notesd began this copy: go on with that one, or begin anew")

// Begins returns an error unless a copy may begin so.
func (c Copying) Begins() error {
	if c.Source == "" {
		return errors.New("no copy into it was begun")
	}
	return nil
}

// Resumes returns an error unless a copy that was begun is the same as this one.
func (c Copying) Resumes(begun Copying) error {
	switch {
	case c.Source != "" && c.Source != begun.Source:
		return fmt.Errorf("it is to become a copy of %s, and not of %s", begun.Source, c.Source)
	case begun.Existing && !c.Existing:
		return errors.New("it had users of its own before this copy was begun")
	case c.Existing && !begun.Existing:
		return errors.New("it was empty before this copy was begun")
	}
	return nil
}

// Target is a store that becomes a copy of another one little by little, as the
// OpenTarget of an engine opens it. Until Finish, Open and OpenExisting refuse the
// store, whatever becomes of this process; OpenTarget goes on with the same copy,
// and with no other one.
//
// Nobody else uses the store meanwhile. Each of the three writes is atomic for one
// record: cut short, it has done some of them. No feed goes on over a copy: see
// [Feed].
type Target interface {
	Store
	Dumper

	// Add puts records in, each behind what it belongs to. ErrConflict: one of
	// them is there already, and is left as it is. Of a step an engine need not
	// tell.
	Add(ctx context.Context, records []Record) error

	// Replace puts each record in the place of the one that is there, of a note or
	// of its tombstone. What belongs to it stays.
	Replace(ctx context.Context, records []Record) error

	// Remove takes each record away, if it is there. A user is none of them: see
	// [Users.DeleteUser].
	Remove(ctx context.Context, records []Record) error

	// Finish says that the copy is whole. From then on the store can be opened.
	Finish(ctx context.Context) error
}

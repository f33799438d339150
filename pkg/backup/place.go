package backup

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/notesd/notesd/pkg/store"
)

// Place is where a record stands in a dump. Records with the same place are the
// same thing, be they equal or not.
type Place struct {
	rank int
	key  string
}

// Ranks, in the order of a dump. The zero one is before all.
const (
	rankSetting = iota + 1
	rankUser
	rankSession
	rankNote
	rankOperation
	rankStep
)

// PlaceOf returns the place of a record. It is an error about one that is of no
// kind, or of two.
func PlaceOf(v store.Record) (Place, error) {
	switch v {
	case store.Record{}:
		return Place{}, errors.New("there is no record of a kind that is known")
	case store.Record{Setting: v.Setting}:
		return Place{rankSetting, v.Setting.Name}, nil
	case store.Record{User: v.User}:
		return Place{rankUser, v.User.ID}, nil
	case store.Record{Session: v.Session}:
		return Place{rankSession, v.Session.ID}, nil
	case store.Record{Note: v.Note}:
		return Place{rankNote, v.Note.Owner + v.Note.ID}, nil
	case store.Record{Tombstone: v.Tombstone}:
		return Place{rankNote, v.Tombstone.Owner + v.Tombstone.ID}, nil
	case store.Record{Operation: v.Operation}:
		return Place{rankOperation, v.Operation.Owner + v.Operation.ID}, nil
	case store.Record{Step: v.Step}:
		return Place{rankStep, fmt.Sprintf("%s%s%020d", v.Step.Owner, v.Step.ID, v.Step.Revision)}, nil
	}
	return Place{}, errors.New("there are two records at once")
}

// Compare is as [cmp.Compare].
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.rank, q.rank), cmp.Compare(p.key, q.key))
}

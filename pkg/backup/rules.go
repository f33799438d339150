package backup

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// rules are what every engine needs to take the records of a backup: ids, each
// key once and ascending, owners before what is theirs. They hold no limit that
// may change one day. The zero value is for a new file.
type rules struct {
	counts Counts
	last   Place // of the record before
	users  map[string]struct{}
}

// add checks the next record and counts it.
func (r *rules) add(v store.Record) error {
	place, err := PlaceOf(v)
	if err != nil {
		return err
	}
	if err := r.check(v); err != nil {
		return err
	}
	if place.Compare(r.last) <= 0 {
		return fmt.Errorf("%q does not come where it must, or twice", place.key)
	}
	r.last = place
	return nil
}

// check checks a record of one kind and counts it.
func (r *rules) check(v store.Record) error {
	switch {
	case v.Setting != nil:
		r.counts.Settings++
		return want(v.Setting.Name != "", "a setting without a name")
	case v.User != nil:
		r.counts.Users++
		return r.user(v.User)
	case v.Session != nil:
		r.counts.Sessions++
		return r.session(v.Session)
	case v.Note != nil:
		r.counts.Notes++
		return r.note(v.Note)
	case v.Tombstone != nil:
		r.counts.Tombstones++
		return r.owned(v.Tombstone.Owner, v.Tombstone.ID, v.Tombstone.Revision)
	case v.Operation != nil:
		r.counts.Operations++
		return r.operation(v.Operation)
	default:
		r.counts.Steps++
		return r.step(v.Step)
	}
}

func (r *rules) user(u *store.User) error {
	if r.users == nil {
		r.users = map[string]struct{}{}
	}
	r.users[u.ID] = struct{}{}
	return errors.Join(
		want(api.ValidID(u.ID), "a user with the id %q", u.ID),
		want(u.Username != "" && u.Key != "", "user %s has no name", u.ID),
	)
}

func (r *rules) session(v *store.Session) error {
	_, known := r.users[v.UserID]
	return errors.Join(
		want(api.ValidID(v.ID), "a session with the id %q", v.ID),
		want(known, "session %s belongs to nobody", v.ID),
		want(v.Kind != "" && v.Scope != "", "session %s is of no kind or no scope", v.ID),
	)
}

func (r *rules) note(n *store.Note) error {
	errs := []error{r.owned(n.Owner, n.ID, n.Revision)}
	for _, word := range slices.Concat(n.Tags, n.Operations) {
		errs = append(errs, want(word != "" && !strings.Contains(word, ","), "note %s has the tag or operation %q", n.ID, word))
	}
	for _, text := range []string{n.Title, n.TitleKey, n.Excerpt, n.Body} {
		errs = append(errs, want(strings.IndexByte(text, 0) < 0, "note %s holds a NUL character", n.ID))
	}
	return errors.Join(errs...)
}

func (r *rules) owned(owner, id string, revision int64) error {
	_, known := r.users[owner]
	return errors.Join(
		want(api.ValidID(id), "a note with the id %q", id),
		want(known, "note %s belongs to nobody", id),
		want(revision > 0, "note %s has revision %d", id, revision),
	)
}

func (r *rules) operation(o *store.Operation) error {
	_, known := r.users[o.Owner]
	return errors.Join(
		want(api.ValidID(o.ID), "an operation with the id %q", o.ID),
		want(known, "operation %s belongs to nobody", o.ID),
	)
}

// step allows that the note is gone: an engine without transactions may leave
// one behind.
func (r *rules) step(v *store.Step) error {
	errs := []error{
		r.owned(v.Owner, v.ID, v.Revision+1),
		want(!v.Kept || v.Text != nil, "a step of note %s is kept without a text", v.ID),
	}
	if v.Text != nil {
		for _, tag := range v.Text.Tags {
			errs = append(errs, want(tag != "" && !strings.Contains(tag, ","), "a step of note %s has the tag %q", v.ID, tag))
		}
		for _, text := range []string{v.Text.Title, v.Text.Body} {
			errs = append(errs, want(strings.IndexByte(text, 0) < 0, "a step of note %s holds a NUL character", v.ID))
		}
	}
	return errors.Join(errs...)
}

func want(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

package main

import (
	"context"
	"fmt"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/store"
)

// A round writes so many records at a time at most, and so many bytes.
const (
	copyRecords = 1000
	copyBytes   = 4 << 20
)

// keptNamed is how many of the things are named that a store keeps as it has them.
const keptNamed = 20

// round is one walk along both stores.
type round struct {
	*copier
	to     store.Target
	before *round // nil: this is the first
	fixed  bool   // the source is the same as before
	total  int    // about how many records there are

	fromSum, toSum backup.Manifest // as it was before this round
	read           int
	changes        int             // that were made
	kept           int             // things of which the target has its own
	named          []string        // the first of them
	keptNotes      map[string]bool // by owner and id

	remove, replace, add []store.Record // waiting to be written
	waiting, size        int
}

func (r *round) run(ctx context.Context, from source) (err error) {
	r.keptNotes = map[string]bool{}
	c := comparison{
		partial: r.existing,
		seen:    r.draw,
		found:   func(d difference) error { return r.settle(ctx, d) },
	}
	if r.fromSum, r.toSum, err = c.run(ctx, from, r.to); err != nil {
		return err
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	if r.isClean() && r.kept == 0 && r.fromSum != r.toSum {
		return fmt.Errorf("the digests are %x and %x, though nothing is different", r.fromSum.SHA256, r.toSum.SHA256)
	}
	return nil
}

// isClean reports whether all that was to be written was there already, the same
// as the round before.
func (r *round) isClean() bool {
	return r.changes == 0 && (!r.existing || r.before != nil && r.before.kept == r.kept && r.before.fromSum == r.fromSum)
}

func (r *round) draw() {
	r.read++
	doing := "records copied"
	if r.before != nil {
		doing = "records verified"
	}
	part := 0.0
	if r.total > 0 {
		part = float64(r.read) / float64(r.total)
	}
	r.line.Draw(r.read, doing, part)
}

// settle makes the target have what the source has, as far as it may.
func (r *round) settle(ctx context.Context, d difference) error {
	if r.existing && r.keeps(d) {
		return nil
	}
	if r.before != nil && r.fixed {
		return fmt.Errorf("the store does not hold what was put into it: %s is %s", d, d.in())
	}
	r.changes++
	switch {
	case d.added():
		r.add = append(r.add, d.from)
	case !d.removed():
		r.replace = append(r.replace, d.from)
	case d.to.User != nil:
		return r.removeUser(ctx, d)
	default:
		r.remove = append(r.remove, d.to)
	}
	r.waiting, r.size = r.waiting+1, r.size+d.size
	if r.waiting < copyRecords && r.size < copyBytes {
		return nil
	}
	return r.write(ctx)
}

// keeps reports whether the target keeps what it has of a thing. So it does with
// the history of a note that it keeps.
func (r *round) keeps(d difference) bool {
	if d.added() {
		return d.from.Step != nil && r.keptNotes[d.from.Step.Owner+d.from.Step.ID]
	}
	switch {
	case d.from.Note != nil:
		r.keptNotes[d.from.Note.Owner+d.from.Note.ID] = true
	case d.from.Tombstone != nil:
		r.keptNotes[d.from.Tombstone.Owner+d.from.Tombstone.ID] = true
	}
	if r.kept++; r.kept <= keptNamed {
		r.named = append(r.named, d.String())
	}
	return true
}

// removeUser deletes a user who is gone from the source since an earlier copy was
// cut short. In a later round it may be somebody who has just signed up there.
func (r *round) removeUser(ctx context.Context, d difference) error {
	if r.before != nil {
		return &hintError{
			fmt.Errorf("the %s is %s, where somebody else writes", d, d.in()),
			"stop the servers on it, and begin anew with another one",
		}
	}
	return r.to.DeleteUser(ctx, d.to.User.ID, api.TimeOf(r.now()))
}

// write writes what is waiting, the old first.
func (r *round) write(ctx context.Context) error {
	for _, w := range []struct {
		write   func(context.Context, []store.Record) error
		records []store.Record
	}{{r.to.Remove, r.remove}, {r.to.Replace, r.replace}, {r.to.Add, r.add}} {
		if len(w.records) == 0 {
			continue
		}
		if err := w.write(ctx, w.records); err != nil {
			return err
		}
	}
	r.remove, r.replace, r.add, r.waiting, r.size = nil, nil, nil, 0, 0
	return nil
}

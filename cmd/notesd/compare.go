package main

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/store"
)

// comparison goes along what two stores hold, side by side.
type comparison struct {
	// partial says that the second may hold more: of that, and of settings, nothing
	// counts.
	partial bool
	// found is called for each thing that is not the same in both.
	found func(difference) error
	// seen is called for each record of the first.
	seen func()
}

// difference is what two stores have of one thing. In one of them it may be
// missing.
type difference struct {
	from, to store.Record
	size     int // of the record as it is to be, about, in bytes
}

func (d difference) added() bool   { return d.to == store.Record{} }
func (d difference) removed() bool { return d.from == store.Record{} }

// String names the thing.
func (d difference) String() string {
	r := d.from
	if d.removed() {
		r = d.to
	}
	switch {
	case r.Setting != nil:
		return "setting " + r.Setting.Name
	case r.User != nil:
		return "user " + r.User.ID
	case r.Session != nil:
		return "session " + r.Session.ID
	case r.Note != nil:
		return fmt.Sprintf("note %s of user %s", r.Note.ID, r.Note.Owner)
	case r.Tombstone != nil:
		return fmt.Sprintf("tombstone %s of user %s", r.Tombstone.ID, r.Tombstone.Owner)
	case r.Operation != nil:
		return fmt.Sprintf("operation %s of user %s", r.Operation.ID, r.Operation.Owner)
	default:
		return fmt.Sprintf("step of note %s, revision %d, of user %s", r.Step.ID, r.Step.Revision, r.Step.Owner)
	}
}

// in says where it is, or that it is not the same.
func (d difference) in() string {
	switch {
	case d.added():
		return "missing in --to"
	case d.removed():
		return "in --to alone"
	}
	return "not the same in both"
}

// run returns what both stores sum up to.
func (c *comparison) run(ctx context.Context, from, to store.Dumper) (fromSum, toSum backup.Manifest, err error) {
	a, b := newSide(from.Dump(ctx), c.partial), newSide(to.Dump(ctx), c.partial)
	defer a.stop()
	defer b.stop()
	if err = a.advance(); err == nil {
		err = b.advance()
	}
	for err == nil && (!a.done || !b.done) {
		err = c.step(a, b)
	}
	return a.sum.Sum(), b.sum.Sum(), err
}

// step goes on behind the first of the next two records, or behind both where they
// are of one thing.
func (c *comparison) step(a, b *side) error {
	order := a.compare(b)
	if order > 0 {
		if c.partial {
			return b.advance()
		}
		if err := b.count(); err != nil {
			return err
		}
		if err := c.found(difference{to: b.record}); err != nil {
			return err
		}
		return b.advance()
	}
	c.seen()
	if err := a.count(); err != nil {
		return err
	}
	d := difference{from: a.record, size: a.line.Len()}
	if order == 0 {
		if err := b.count(); err != nil {
			return err
		}
		d.to = b.record
	}
	if order < 0 || !bytes.Equal(a.line.Bytes(), b.line.Bytes()) {
		if err := c.found(d); err != nil {
			return err
		}
	}
	if err := a.advance(); err != nil || order < 0 {
		return err
	}
	return b.advance()
}

// side is one of the two stores.
type side struct {
	next     func() (store.Record, error, bool)
	stop     func()
	settings bool // they count
	sum      *backup.Summer

	done   bool
	record store.Record
	place  backup.Place
	line   bytes.Buffer
}

func newSide(records iter.Seq2[store.Record, error], partial bool) *side {
	s := &side{settings: !partial, sum: backup.NewSummer()}
	s.next, s.stop = iter.Pull2(records)
	return s
}

// advance takes the next record, which comes behind the last one.
func (s *side) advance() error {
	for {
		r, err, ok := s.next()
		if s.done = !ok; s.done || err != nil {
			return err
		}
		if r.Setting != nil && !s.settings {
			continue
		}
		place, err := backup.PlaceOf(r)
		if err != nil {
			return err
		}
		if place.Compare(s.place) <= 0 {
			return fmt.Errorf("the %s does not come where it must, or twice", difference{from: r})
		}
		s.record, s.place = r, place
		s.line.Reset()
		return backup.Line(&s.line, r)
	}
}

// compare is that of the places.
func (s *side) compare(other *side) int {
	switch {
	case s.done:
		return 1
	case other.done:
		return -1
	}
	return s.place.Compare(other.place)
}

func (s *side) count() error { return s.sum.Add(s.record, s.line.Bytes()) }

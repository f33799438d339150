package mongo

import (
	"cmp"
	"context"
	"errors"
	"iter"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/store"
)

var _ store.Dumper = (*Store)(nil)

// Dump implements [store.Dumper]. It walks each collection along _id, in which
// no write moves a document, and remembers which users and notes it gave.
func (s *Store) Dump(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		d := &dumper{
			Store: s, yield: func(r store.Record) bool { return yield(r, nil) }, more: true,
			given: map[string]bool{}, revisions: map[string]int64{},
		}
		if err := d.dump(ctx); err != nil && d.more {
			yield(store.Record{}, wrap("dump", err))
		}
	}
}

// CountRecords implements [store.Dumper], by what the server knows of its
// collections.
func (s *Store) CountRecords(ctx context.Context) (int, error) {
	total := 0
	for _, c := range []*mongo.Collection{s.settings, s.users, s.sessions, s.notes, s.operations, s.steps} {
		n, err := estimate(ctx, c)
		if err != nil {
			return 0, wrap("count records", err)
		}
		total += n
	}
	return total, nil
}

// dumpedNote is a noteDoc or a tombstoneDoc.
type dumpedNote struct {
	Note     noteDoc             `bson:",inline"`
	PurgedAt *primitive.DateTime `bson:"purged_at"`
}

func (d *dumpedNote) record() store.Record {
	n := d.Note.note()
	if at := timeOrNil(d.PurgedAt); at != nil {
		return store.Record{Tombstone: &store.Tombstone{Owner: n.Owner, ID: n.ID, Revision: n.Revision, PurgedAt: *at}}
	}
	return store.Record{Note: &n}
}

// dumper gives what is in a store as long as yield wants more.
type dumper struct {
	*Store
	yield func(store.Record) (more bool)
	more  bool

	given     map[string]bool  // the users
	revisions map[string]int64 // of the notes that were given, by their keys
}

func (d *dumper) dump(ctx context.Context) error {
	for _, part := range []func(context.Context) error{d.dumpSettings, d.dumpUsers, d.dumpSessions, d.dumpNotes, d.dumpOperations, d.dumpSteps} {
		if err := part(ctx); err != nil || !d.more {
			return err
		}
	}
	return nil
}

// give gives one record if it is of a user who was given.
func (d *dumper) give(user string, r store.Record) bool {
	if d.given[user] {
		d.more = d.yield(r)
	}
	return d.more
}

// byKey is the order that each collection is walked in.
func byKey() *options.FindOptions { return options.Find().SetSort(keyAlone) }

func (d *dumper) dumpSettings(ctx context.Context) error {
	_, err := each(ctx, d.settings, bson.M{}, byKey(), func(v settingDoc) bool {
		d.more = d.yield(store.Record{Setting: &store.Setting{Name: v.Name, Value: v.Value}})
		return d.more
	})
	return err
}

func (d *dumper) dumpUsers(ctx context.Context) error {
	_, err := each(ctx, d.users, bson.M{"deleted_at": bson.M{"$exists": false}}, byKey(), func(v userDoc) bool {
		d.given[v.ID] = true
		u := v.user()
		return d.give(u.ID, store.Record{User: &u})
	})
	return err
}

func (d *dumper) dumpSessions(ctx context.Context) error {
	_, err := each(ctx, d.sessions, bson.M{}, byKey(), func(doc sessionDoc) bool {
		v := doc.session()
		return d.give(v.UserID, store.Record{Session: &v})
	})
	return err
}

func (d *dumper) dumpNotes(ctx context.Context) error {
	_, err := each(ctx, d.notes, bson.M{}, byKey().SetProjection(wholeNote), func(v dumpedNote) bool {
		if v.PurgedAt == nil {
			d.revisions[v.Note.Key] = v.Note.Revision
		}
		return d.give(v.Note.Owner, v.record())
	})
	return err
}

func (d *dumper) dumpOperations(ctx context.Context) error {
	_, err := each(ctx, d.operations, bson.M{}, byKey(), func(v operationDoc) bool {
		o := v.operation()
		return d.give(o.Owner, store.Record{Operation: &o})
	})
	return err
}

// dumpSteps leaves out the steps of writes that were not made before their note
// was given: that note has the revision they replace, or a lower one, and will be
// written again where it is loaded. Of two that replaced one revision that is given
// which was done.
func (d *dumper) dumpSteps(ctx context.Context) error {
	var last *store.Step
	var failed error
	_, err := each(ctx, d.steps, bson.M{}, byKey(), func(doc stepDoc) bool {
		if doc.Revision >= d.revisions[noteKey(doc.Owner, doc.Note)] {
			return true
		}
		v := doc.step()
		if last != nil && last.Owner == v.Owner && last.ID == v.ID && last.Revision == v.Revision {
			var p past
			p, failed = d.past(ctx, v.Owner, v.ID)
			if errors.Is(failed, mongo.ErrNoDocuments) { // purged since it was given
				failed = nil
			}
			if last.Operation != p.replacer(v.Revision) {
				last = &v
			}
			return failed == nil
		}
		if last != nil {
			d.give(last.Owner, store.Record{Step: last})
		}
		last = &v
		return d.more
	})
	err = cmp.Or(err, failed)
	if err == nil && last != nil && d.more {
		d.give(last.Owner, store.Record{Step: last})
	}
	return err
}

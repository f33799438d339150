package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
	"github.com/notesd/notesd/pkg/store"
)

// copyDoc says of what a database is to become a copy. It stands in the schema,
// whose version is schemaLoading then.
type copyDoc struct {
	Source   string `bson:"source"`
	Existing bool   `bson:"existing"`
	Schema   int    `bson:"schema"` // for which it is
	Run      string `bson:"run"`    // the process that works on it: the last one that began to
}

// Target is a [store.Target].
type Target struct {
	*Store
	mark schemaDoc
}

var _ store.Target = Target{}

// OpenTarget opens a database to become a copy, and creates what is missing there.
// It reports whether the copy was begun before; a process that still works on it
// stops. A database that has users is api.ErrConflict unless the copy is to keep
// them. Whether a server runs on it nobody can tell.
func OpenTarget(ctx context.Context, uri string, c store.Copying) (t Target, resumed bool, err error) {
	mark := schemaDoc{ID: schemaID, Version: schemaLoading, TokenRules: search.Version}
	mark.Copy = &copyDoc{c.Source, c.Existing, schemaVersion, api.NewID()}
	s, err := openWith(ctx, uri, nil, func(s *Store, db *mongo.Database) error {
		d, err := s.schemaDoc(ctx)
		if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
			return wrap("read the schema", err)
		}
		if resumed = d.Copy != nil; resumed {
			if err := d.Copy.resumable(c, d.TokenRules); err != nil {
				return err
			}
			return wrap("go on with the copy", s.changeSchema(ctx, d, mark))
		}
		if err := errors.Join(c.Begins(), d.check()); err != nil {
			return err
		}
		if err := s.mayBegin(ctx, c); err != nil {
			return wrap("begin the copy", err)
		}
		if err := s.prepare(ctx, db); err != nil {
			return err
		}
		return wrap("begin the copy", s.beginCopy(ctx, c, mark))
	})
	return Target{s, mark}, resumed, err
}

func (d *copyDoc) resumable(c store.Copying, tokenRules int) error {
	err := c.Resumes(store.Copying{Source: d.Source, Existing: d.Existing})
	if err == nil && (d.Schema != schemaVersion || tokenRules != search.Version) {
		err = store.ErrOtherVersion
	}
	return wrap("go on with the copy", err)
}

// mayBegin wants a database to be empty, unless the copy is to keep what is there.
// It looks before that is brought up to date, since an older server may run on the
// wrong one, and again when no server can be started any more.
func (s *Store) mayBegin(ctx context.Context, c store.Copying) error {
	if c.Existing {
		return nil
	}
	return s.wantEmpty(ctx)
}

func (s *Store) beginCopy(ctx context.Context, c store.Copying, mark schemaDoc) error {
	if err := s.changeSchema(ctx, presentSchema, mark); err != nil {
		return err
	}
	err := s.mayBegin(ctx, c)
	if err != nil {
		err = errors.Join(err, s.changeSchema(context.WithoutCancel(ctx), mark, presentSchema))
	}
	return err
}

// check wants no other process to have gone on with the copy.
func (t Target) check(ctx context.Context) error {
	d, err := t.schemaDoc(ctx)
	if err == nil && (d.Copy == nil || d.Copy.Run != t.mark.Copy.Run) {
		err = errors.New("another process has gone on with this copy")
	}
	return err
}

// Add implements [store.Target].
func (t Target) Add(ctx context.Context, records []store.Record) error {
	if err := t.check(ctx); err != nil {
		return wrap("add", err)
	}
	var b loadBatch
	for _, r := range records {
		if err := b.add(ctx, t.Store, r); err != nil {
			return wrap("add", err)
		}
	}
	return wrap("add", b.insert(ctx))
}

// Replace implements [store.Target]. Of a step there may be several, so it is
// deleted and put in anew.
func (t Target) Replace(ctx context.Context, records []store.Record) error {
	return wrap("replace", t.write(ctx, records, func(r store.Record, filter bson.M) ([]mongo.WriteModel, int) {
		_, doc, size := t.docOf(r)
		if r.Step == nil {
			return []mongo.WriteModel{mongo.NewReplaceOneModel().SetFilter(filter).SetReplacement(doc).SetUpsert(true)}, size
		}
		return []mongo.WriteModel{mongo.NewDeleteManyModel().SetFilter(filter), mongo.NewInsertOneModel().SetDocument(doc)}, size
	}))
}

// Remove implements [store.Target].
func (t Target) Remove(ctx context.Context, records []store.Record) error {
	return wrap("remove", t.write(ctx, records, func(_ store.Record, filter bson.M) ([]mongo.WriteModel, int) {
		return []mongo.WriteModel{mongo.NewDeleteManyModel().SetFilter(filter)}, 0
	}))
}

// write sends what f makes of each record, in order and in batches as a load's.
func (t Target) write(ctx context.Context, records []store.Record, f func(store.Record, bson.M) ([]mongo.WriteModel, int)) error {
	if err := t.check(ctx); err != nil {
		return err
	}
	var b bulk
	for _, r := range records {
		c, filter := t.filterOf(r)
		models, size := f(r, filter)
		if b.into != c || len(b.models) >= loadDocs || b.size+size > loadBytes {
			if err := b.write(ctx); err != nil {
				return err
			}
			b = bulk{into: c}
		}
		b.models, b.size = append(b.models, models...), b.size+size
	}
	return b.write(ctx)
}

// bulk are writes to one collection that are sent at once.
type bulk struct {
	into   *mongo.Collection
	models []mongo.WriteModel
	size   int
}

func (b *bulk) write(ctx context.Context) error {
	if len(b.models) == 0 {
		return nil
	}
	ctx, cancel := within(ctx)
	defer cancel()
	_, err := b.into.BulkWrite(ctx, b.models)
	return err
}

// filterOf returns what finds a record, by its shard key where it has one, and
// where it is.
func (s *Store) filterOf(r store.Record) (*mongo.Collection, bson.M) {
	switch {
	case r.Setting != nil:
		return s.settings, bson.M{"_id": r.Setting.Name}
	case r.User != nil:
		return s.users, bson.M{"_id": r.User.ID}
	case r.Session != nil:
		return s.sessions, bson.M{"_id": r.Session.ID}
	case r.Note != nil:
		return s.notes, bson.M{"_id": noteKey(r.Note.Owner, r.Note.ID), "owner": r.Note.Owner}
	case r.Tombstone != nil:
		return s.notes, bson.M{"_id": noteKey(r.Tombstone.Owner, r.Tombstone.ID), "owner": r.Tombstone.Owner}
	case r.Operation != nil:
		return s.operations, bson.M{"_id": operationDocOf(*r.Operation).Key, "owner": r.Operation.Owner}
	default:
		return s.steps, bson.M{"_id": below(revisionKey(r.Step.Owner, r.Step.ID, r.Step.Revision)), "owner": r.Step.Owner}
	}
}

// Finish implements [store.Target]. What was copied is in no feed.
func (t Target) Finish(ctx context.Context) error {
	err := t.check(ctx)
	if err == nil {
		err = t.renewFeeds(ctx)
	}
	if err == nil {
		err = t.changeSchema(ctx, t.mark, presentSchema)
	}
	return wrap("finish the copy", err)
}

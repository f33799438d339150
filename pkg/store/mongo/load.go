package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// schemaLoading stands in the place of the schema's version while a load is
// under way. A load that was killed leaves it, and every notesd refuses a
// database whose version is above its own.
const schemaLoading = 1_000_000

// A load inserts so many documents at a time at most, and ends a batch when its
// texts reach so many bytes, so that each insert takes well less time than a
// command may: of a megabyte of text a hundred thousand tokens may go into the
// index.
const (
	loadDocs  = 500
	loadBytes = 1 << 20
)

// emptyTimeout is how long it may take to delete what a load has inserted.
const emptyTimeout = time.Minute

// Load implements [store.Dumper].
func (s *Store) Load(ctx context.Context, records iter.Seq2[store.Record, error]) error {
	return wrap("load", s.loadAlone(ctx, records))
}

// loadAlone looks twice whether the store is empty: first so that one in use is
// left alone, and again when no server can be started on it any more.
func (s *Store) loadAlone(ctx context.Context, records iter.Seq2[store.Record, error]) error {
	if err := s.wantEmpty(ctx); err != nil {
		return err
	}
	loading := schemaDoc{ID: schemaID, Version: schemaLoading}
	if err := s.changeSchema(ctx, presentSchema, loading); err != nil {
		return err
	}
	err := s.wantEmpty(ctx)
	if err == nil {
		if err = s.load(ctx, records); err != nil {
			if emptyErr := s.empty(context.WithoutCancel(ctx)); emptyErr != nil {
				return errors.Join(err, emptyErr) // a part is left: nobody may open it
			}
		}
	}
	return errors.Join(err, s.changeSchema(context.WithoutCancel(ctx), loading, presentSchema))
}

func (s *Store) changeSchema(ctx context.Context, from, to schemaDoc) error {
	found, err := s.setSchema(ctx, from, to)
	if err == nil && !found {
		err = fmt.Errorf("the schema has another version than %d by now", from.Version)
	}
	return err
}

func (s *Store) wantEmpty(ctx context.Context) error {
	for _, c := range []*mongo.Collection{s.users, s.sessions, s.notes} {
		switch _, err := findOne[keyDoc](ctx, c, bson.M{}); {
		case err == nil:
			return &api.Error{Code: api.CodeConflict, Message: "the store is not empty"}
		case !errors.Is(err, mongo.ErrNoDocuments):
			return err
		}
	}
	return nil
}

// empty takes back what a load has done. Nobody has used it.
func (s *Store) empty(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, emptyTimeout)
	defer cancel()
	for _, c := range []*mongo.Collection{s.settings, s.users, s.sessions, s.notes, s.operations, s.steps} {
		if _, err := c.DeleteMany(ctx, bson.M{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) load(ctx context.Context, records iter.Seq2[store.Record, error]) error {
	if _, err := remove(ctx, s.settings, bson.M{}); err != nil {
		return err
	}
	if err := removeAll(ctx, s.feeds, bson.M{}); err != nil { // of users who are no more
		return err
	}
	var b loadBatch
	for r, err := range records {
		if err != nil {
			return err
		}
		if err := b.add(ctx, s, r); err != nil {
			return err
		}
	}
	return b.insert(ctx)
}

// docOf returns the document of a record, where it goes, and about how large it
// is.
func (s *Store) docOf(r store.Record) (into *mongo.Collection, doc any, size int) {
	switch {
	case r.Setting != nil:
		return s.settings, settingDoc{Name: r.Setting.Name, Value: r.Setting.Value}, len(r.Setting.Value)
	case r.User != nil:
		return s.users, userDocOf(*r.User), 0
	case r.Session != nil:
		return s.sessions, sessionDocOf(*r.Session), 0
	case r.Tombstone != nil:
		return s.notes, docOf(r.Tombstone.Note(), nil), 0
	case r.Operation != nil:
		return s.operations, operationDocOf(*r.Operation), 0
	case r.Step != nil:
		doc := stepDocOf(*r.Step)
		if doc.Text != nil {
			size = len(doc.Text.Title) + doc.Text.Size
		}
		return s.steps, doc, size
	default:
		return s.notes, docOf(*r.Note, nil), len(r.Note.Title) + len(r.Note.Body)
	}
}

// loadBatch are documents that are inserted at once.
type loadBatch struct {
	into *mongo.Collection
	docs []any
	size int
}

// add adds the document of a record, for which there may have to be made room.
func (b *loadBatch) add(ctx context.Context, s *Store, r store.Record) error {
	c, doc, size := s.docOf(r)
	if b.into != c || len(b.docs) == loadDocs || b.size+size > loadBytes {
		if err := b.insert(ctx); err != nil {
			return err
		}
		*b = loadBatch{into: c, docs: b.docs[:0]}
	}
	b.docs, b.size = append(b.docs, doc), b.size+size
	return nil
}

func (b *loadBatch) insert(ctx context.Context) error {
	if len(b.docs) == 0 {
		return nil
	}
	ctx, cancel := within(ctx)
	defer cancel()
	_, err := b.into.InsertMany(ctx, b.docs)
	return err
}

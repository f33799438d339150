package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/search"
)

// schemaVersion is raised by every change that an older notesd could not work
// with. Version 2 brought the history, and tokens to search for. Version 3 brought
// the feeds, in which an older one would not put what it writes.
const schemaVersion = 3

// schemaDoc says what a database is ready for. Its indexes are all there, but for
// those that wait for the notes' tokens: they and the tokens are, too, when
// TokenRules is [search.Version].
type schemaDoc struct {
	ID         string `bson:"_id"`
	Version    int    `bson:"version"`
	TokenRules int    `bson:"token_rules"`

	Copy *copyDoc `bson:"copy,omitempty"` // while it becomes one
}

const schemaID = "schema"

var presentSchema = schemaDoc{ID: schemaID, Version: schemaVersion, TokenRules: search.Version}

// indexTimeout is how long it may take to make one index for all that is there.
const indexTimeout = time.Hour

// tokenBytes is how much text is given its tokens with one command, so that it
// takes well less time than a command may.
const tokenBytes = 1 << 20

// prepare makes a database ready that is new, or that an older notesd used. Each
// step may be done twice, so servers that start together, or one after another
// that died here, do no harm. The version comes before the tokens: from then on
// no older notesd is let in, which would write notes without them. One that has
// been running all the time is to be stopped before.
func (s *Store) prepare(ctx context.Context, db *mongo.Database) error {
	for {
		d, err := s.schemaDoc(ctx)
		fresh := errors.Is(err, mongo.ErrNoDocuments)
		if err != nil && !fresh {
			return wrap("read the schema", err)
		}
		if err := d.check(); err != nil || d == presentSchema {
			return err
		}
		// Where another server is faster, perhaps a newer one, see what it wrote.
		if done, err := s.migrate(ctx, db, d, fresh); done || err != nil {
			return err
		}
	}
}

func (s *Store) schemaDoc(ctx context.Context) (schemaDoc, error) {
	return findOne[schemaDoc](ctx, s.schema, bson.M{"_id": schemaID})
}

// check refuses what this notesd must leave alone.
func (d schemaDoc) check() error {
	switch {
	case d.Copy != nil:
		return fmt.Errorf("mongo: the database is to become a copy of %s, and is not whole yet: "+
			"the same notesd copy as before goes on with it", d.Copy.Source)
	case d.Version == schemaLoading:
		return errors.New("mongo: a restore into this database is under way, or did not finish: " +
			"if none is, drop the database or use another one")
	case d.Version > schemaVersion:
		return fmt.Errorf("mongo: the database has schema %d and this notesd knows %d: "+
			"a newer notesd was here, use that one or another database", d.Version, schemaVersion)
	case d.TokenRules > search.Version:
		return fmt.Errorf("mongo: the notes in the database are indexed by the rules %d and this notesd knows %d: "+
			"a newer notesd was here, use that one or another database", d.TokenRules, search.Version)
	}
	return nil
}

// migrate reports whether the schema is the present one now. If not, another
// server has changed it.
func (s *Store) migrate(ctx context.Context, db *mongo.Database, d schemaDoc, fresh bool) (done bool, err error) {
	if err := createIndexes(ctx, db, false); err != nil {
		return false, err
	}
	switch begun := (schemaDoc{ID: schemaID, Version: schemaVersion}); {
	case fresh:
		err = insert(ctx, s.schema, begun)
		if hasCode(err, codeDuplicateKey) {
			return false, nil
		}
		d = begun
	case d.Version < schemaVersion:
		begun.TokenRules = d.TokenRules
		ok, err := s.setSchema(ctx, d, begun)
		if err != nil || !ok {
			return false, wrap("write the schema", err)
		}
		d = begun
	}
	if err != nil {
		return false, wrap("write the schema", err)
	}
	if d == presentSchema {
		return true, nil
	}
	if err := s.indexNotes(ctx); err != nil {
		return false, wrap("index the notes", err)
	}
	if err := createIndexes(ctx, db, true); err != nil {
		return false, err
	}
	done, err = s.setSchema(ctx, d, presentSchema)
	return done, wrap("write the schema", err)
}

// setSchema reports whether the schema still was as it was seen.
func (s *Store) setSchema(ctx context.Context, seen, to schemaDoc) (bool, error) {
	filter := bson.M{"_id": schemaID, "version": seen.Version, "token_rules": seen.TokenRules}
	if seen.TokenRules == 0 {
		filter["token_rules"] = bson.M{"$in": bson.A{0, nil}} // version 1 had none
	}
	return replace(ctx, s.schema, filter, to)
}

// indexNotes gives all notes their tokens that have none, or some by other rules.
func (s *Store) indexNotes(ctx context.Context) error {
	for {
		if missed, err := s.indexNotesOnce(ctx); missed == 0 || err != nil {
			return err
		}
	}
}

// indexNotesOnce walks along all notes, and returns how many were written by
// somebody else between being read and being given their tokens.
func (s *Store) indexNotesOnce(ctx context.Context) (missed int, err error) {
	var b tokenBatch
	var failed error
	notes := options.Find().SetSort(keyAlone).SetBatchSize(batch).SetProjection(
		bson.M{"owner": 1, "state": 1, "title": 1, "body": 1, "tags": 1, "revision": 1, "token_rules": 1})
	_, err = each(ctx, s.notes, bson.M{}, notes, func(d noteDoc) bool {
		if d.State == statePurged || d.TokenRules == search.Version {
			return true
		}
		b.add(d)
		if len(b.updates) == batch || b.size >= tokenBytes {
			missed, failed = b.write(ctx, s.notes, missed)
		}
		return failed == nil
	})
	if err = errors.Join(err, failed); err != nil {
		return missed, err
	}
	return b.write(ctx, s.notes, missed)
}

// tokenBatch are notes that are given their tokens at once.
type tokenBatch struct {
	updates []mongo.WriteModel
	size    int
}

func (b *tokenBatch) add(d noteDoc) {
	n := d.note()
	b.size += len(n.Title) + len(n.Body)
	b.updates = append(b.updates, mongo.NewUpdateOneModel().
		SetFilter(bson.M{"_id": d.Key, "owner": d.Owner, "revision": d.Revision, "token_rules": bson.M{"$ne": search.Version}}).
		SetUpdate(bson.M{"$set": bson.M{"tokens": tokensOf(&n.Note), "token_rules": search.Version}}))
}

// write empties the batch and adds to missed how many were not as they were read.
func (b *tokenBatch) write(ctx context.Context, notes *mongo.Collection, missed int) (int, error) {
	if len(b.updates) == 0 {
		return missed, nil
	}
	matched, err := updateEach(ctx, notes, b.updates)
	if err != nil {
		return missed, err
	}
	missed += len(b.updates) - matched
	*b = tokenBatch{}
	return missed, nil
}

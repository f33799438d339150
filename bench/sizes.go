package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// size is what documents of one kind take on average, before MongoDB compresses
// them.
type size struct {
	what, collection string
	bytes            int // of a document
	entries          int // that it has in indexes
	keys             int // bytes of these
}

func (s size) String() string {
	return fmt.Sprintf("%d bytes, and %d in %d index entries", s.bytes, s.keys, s.entries)
}

// sizes has a row for each kind of document.
func (b *bench) sizes(ctx context.Context) (rows []row, err error) {
	var why string
	testing.Benchmark(func(tb *testing.B) {
		var list []size
		list, err = documentSizes(ctx, mongotest.URI(reporter{tb, &why}))
		for _, s := range list {
			rows = append(rows, row{what: s.what + ", MongoDB", notes: s.String()})
		}
	})
	if why != "" {
		return nil, errors.New(why)
	}
	return rows, err
}

// documentSizes fills a database with what a person has, and weighs it.
func documentSizes(ctx context.Context, uri string) (list []size, err error) {
	if err := fillForSizes(ctx, uri); err != nil {
		return nil, err
	}
	client, err := driver.Connect(ctx, options.Client().ApplyURI(uri))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, client.Disconnect(context.WithoutCancel(ctx))) }()
	list = []size{
		{what: "a user", collection: "users"},
		{what: "a login", collection: "sessions"},
		{what: "a note of 90 words with 3 tags", collection: "notes"},
		{what: "a former text of it", collection: "steps"},
		{what: "an operation that can be undone", collection: "operations"},
	}
	for i := range list {
		if err := list[i].weigh(ctx, client.Database(databaseOf(uri))); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// fillForSizes adds a user with a login and some notes, of which each was changed
// once. All is the same each time but what is random and always as long.
func fillForSizes(ctx context.Context, uri string) (err error) {
	st, err := mongo.Open(ctx, uri)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	owner, now := api.NewID(), api.TimeOf(time.Now())
	const hash = "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
	if err := st.CreateUser(ctx, store.User{ID: owner, Username: "ann.smith", Key: "ann.smith", PasswordHash: hash, CreatedAt: now}); err != nil {
		return err
	}
	login := store.Session{ID: api.NewID(), UserID: owner, Kind: api.KindBrowser, Scope: api.ScopeWrite, Label: "Firefox on Linux"}
	if err := st.CreateSession(ctx, login); err != nil {
		return err
	}
	words := vocabulary{rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 3, 30_000)}
	for i := range 40 {
		n := newStoreNote(owner)
		n.Title, n.Body, n.Tags = words.text(5), words.text(85), []string{"home", "garden", "tools"}
		n.TitleKey, n.Excerpt = n.Title, api.Excerpt(n.Body)
		write := operationOf(owner, login, api.ActionCreate, 2*i).Created(n)
		if err := st.CreateNote(ctx, write.Note, write.Trace); err != nil {
			return err
		}
		if _, err := store.ChangeNote(ctx, st, store.Change{
			Owner: owner, ID: n.ID, Operation: operationOf(owner, login, api.ActionUpdate, 2*i+1), Keep: true,
			Apply: func(n *store.Note) (bool, error) { n.Body = words.text(85); return true, nil },
		}); err != nil {
			return err
		}
	}
	return nil
}

// operationOf has no random id, which would decide by chance what the engine
// forgets when.
func operationOf(owner string, login store.Session, action api.Action, n int) store.Operation {
	at := api.TimeOf(time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC))
	return store.Operation{Owner: owner, ID: fmt.Sprintf("%012d", n), At: at, Action: action, Session: login.ID, Label: login.Label}
}

// weigh looks at the documents of a collection; of steps, at those with a text.
func (s *size) weigh(ctx context.Context, db *driver.Database) error {
	c := db.Collection(s.collection)
	indexes, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return err
	}
	filter := bson.M{}
	if s.collection == "steps" {
		filter["kept"] = true
	}
	cursor, err := c.Find(ctx, filter)
	if err != nil {
		return err
	}
	docs := 0
	for cursor.Next(ctx) {
		docs++
		s.bytes += len(cursor.Current)
		for _, i := range indexes {
			entries, keys := indexed(cursor.Current, i.KeysDocument)
			s.entries += entries
			s.keys += keys
		}
	}
	if docs == 0 {
		return errors.Join(fmt.Errorf("no %s", s.collection), cursor.Err())
	}
	s.bytes, s.entries, s.keys = s.bytes/docs, s.entries/docs, s.keys/docs
	return cursor.Err()
}

// indexed returns how many entries a document has in an index, and how many bytes
// their keys take, with a byte for the type of each value and four for the place
// of the document. A field that is a list makes an entry of each element.
func indexed(doc, fields bson.Raw) (entries, bytes int) {
	entries = 1
	each, list := 4, 0 // of every entry, of the elements of the list together
	elements, _ := fields.Elements()
	for _, f := range elements {
		value := doc.Lookup(f.Key())
		array, ok := value.ArrayOK()
		if !ok {
			each += 1 + weight(value)
			continue
		}
		values, _ := array.Values()
		entries = max(1, len(values))
		each++
		for _, v := range values {
			list += weight(v)
		}
	}
	return entries, entries*each + list
}

func weight(v bson.RawValue) int {
	if text, ok := v.StringValueOK(); ok {
		return len(text) + 1
	}
	return len(v.Value)
}

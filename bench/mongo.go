package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// mongo measures the MongoDB engine against the bare driver with the same
// commands on the same server. What the server takes is in both.
func (b *bench) mongo(ctx context.Context) (rows []row, err error) {
	// mongotest belongs to tests. A benchmark is one, and runs once if it takes
	// longer than a second, as this does.
	var why string
	testing.Benchmark(func(tb *testing.B) {
		rows, err = b.mongoRows(ctx, mongotest.URI(reporter{tb, &why}))
	})
	if why != "" {
		return nil, errors.New(why)
	}
	return rows, err
}

// reporter keeps the reason for which a test ends, which a benchmark outside of
// `go test` tells nobody.
type reporter struct {
	*testing.B
	why *string
}

func (r reporter) Skipf(format string, args ...any) {
	*r.why = fmt.Sprintf(format, args...)
	r.SkipNow()
}

func (r reporter) Fatalf(format string, args ...any) {
	*r.why = fmt.Sprintf(format, args...)
	r.FailNow()
}

func (b *bench) mongoRows(ctx context.Context, uri string) ([]row, error) {
	st, err := mongo.Open(ctx, uri)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	bare, err := openBare(ctx, uri)
	if err != nil {
		return nil, err
	}
	defer func() { _ = bare.Database().Client().Disconnect(ctx) }()

	owner := api.NewID()
	var first string
	for range listed {
		n := newStoreNote(owner)
		if err := st.CreateNote(ctx, n, nil); err != nil {
			return nil, err
		}
		first = n.ID
	}
	query := store.ListQuery{
		State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Limit: listed, MaxBytes: api.MaxPageBytes,
	}
	var rows []row
	for _, c := range []struct {
		what         string
		ours, theirs func() error
	}{
		{
			"get", func() error { _, err := st.Note(ctx, owner, first); return err },
			func() error { return bareGet(ctx, bare, owner, first) },
		},
		{
			fmt.Sprintf("list %d notes", listed), func() error { _, _, err := st.ListNotes(ctx, owner, query); return err },
			func() error { return bareList(ctx, bare, owner) },
		},
		{
			"create", func() error { return st.CreateNote(ctx, newStoreNote(owner), nil) },
			func() error { return bareCreate(ctx, bare, newStoreNote(owner)) },
		},
	} {
		medians, err := b.alternate(c.ours, c.theirs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.what, err)
		}
		rows = append(rows, timeRow(c.what+", MongoDB engine", medians, "the bare driver", "at most 1.2"))
	}
	return rows, nil
}

// alternate runs both in turn, so that what slows the machine slows both, and
// returns the median times in seconds.
func (b *bench) alternate(ours, theirs func() error) (medians [2]float64, err error) {
	var times [2][]float64
	for start := time.Now(); time.Since(start) < 2*b.cell; {
		for i, f := range []func() error{ours, theirs} {
			begun := time.Now()
			if err := f(); err != nil {
				return medians, err
			}
			times[i] = append(times[i], time.Since(begun).Seconds())
		}
	}
	for i, t := range times {
		slices.Sort(t)
		medians[i] = t[len(t)/2]
	}
	return medians, nil
}

func newStoreNote(owner string) store.Note {
	now := api.TimeOf(time.Now())
	return store.Note{
		Note: api.Note{
			NoteMeta: api.NoteMeta{
				ID: api.NewID(), Title: addTitle, Tags: []string{"home"}, CreatedAt: now, UpdatedAt: now, Revision: 1,
			},
			Body: addBody,
		},
		Owner: owner, Excerpt: api.Excerpt(addBody), TitleKey: addTitle,
	}
}

// bareNote is a note without anything but its place in the database.
type bareNote struct {
	Key       string    `bson:"_id"`
	Owner     string    `bson:"owner"`
	State     string    `bson:"state"`
	Title     string    `bson:"title"`
	TitleKey  string    `bson:"title_key"`
	Excerpt   string    `bson:"excerpt"`
	Body      string    `bson:"body"`
	Tags      []string  `bson:"tags"`
	Pinned    bool      `bson:"pinned"`
	Archived  bool      `bson:"archived"`
	CreatedAt time.Time `bson:"created_at"`
	UpdatedAt time.Time `bson:"updated_at"`
	Revision  int64     `bson:"revision"`
}

// openBare connects as durably as the engine does.
func openBare(ctx context.Context, uri string) (*driver.Collection, error) {
	majority, journal := writeconcern.Majority(), true
	majority.Journal = &journal
	opts := options.Client().ApplyURI(uri).SetWriteConcern(majority).SetReadConcern(readconcern.Majority())
	client, err := driver.Connect(ctx, opts)
	if err != nil {
		return nil, err
	}
	return client.Database(databaseOf(uri)).Collection("notes"), nil
}

func bareGet(ctx context.Context, c *driver.Collection, owner, id string) error {
	var n bareNote
	return c.FindOne(ctx, bson.M{"_id": owner + "/" + id, "owner": owner, "state": bson.M{"$ne": "purged"}}).Decode(&n)
}

func bareList(ctx context.Context, c *driver.Collection, owner string) error {
	cursor, err := c.Find(ctx,
		bson.M{"owner": owner, "state": bson.M{"$in": []string{"active"}}, "pinned": bson.M{"$in": []bool{false, true}}},
		options.Find().SetSort(bson.D{{Key: "updated_at", Value: -1}, {Key: "_id", Value: -1}}).SetLimit(listed+1).SetBatchSize(listed+2))
	if err != nil {
		return err
	}
	var notes []bareNote
	return cursor.All(ctx, &notes)
}

func bareCreate(ctx context.Context, c *driver.Collection, n store.Note) error {
	_, err := c.InsertOne(ctx, bareNote{
		Key: n.Owner + "/" + n.ID, Owner: n.Owner, State: "active", Title: n.Title, TitleKey: n.TitleKey, Excerpt: n.Excerpt,
		Body: n.Body, Tags: n.Tags, CreatedAt: n.CreatedAt.Time, UpdatedAt: n.UpdatedAt.Time, Revision: n.Revision,
	})
	return err
}

// databaseOf returns the database that a URI names.
func databaseOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}

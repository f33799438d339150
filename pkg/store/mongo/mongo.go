// Package mongo keeps the notes in MongoDB 6 to 8: a standalone server, a
// replica set or a sharded cluster, shared by any number of notesd. Read [Store],
// then schema.go for the indexes and the shard keys, then note.go and write.go.
//
// Every document is written by one command and compared and set by the filter
// of that command, so nothing needs a transaction: write.go says in which order
// a note, its operation and its step are written, and what is left when that is
// cut short. No command carries an update pipeline or a regular expression, no
// expression says more than the name of a field, and what a person typed is
// always a value, never a key: it cannot become an operator. How the writes of all
// servers come into one order stands in sequence.go.
//
// A write is acknowledged when a majority has it in the journal, a read sees
// only what a majority has, and both go to the primary. The URI cannot weaken
// that.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.mongodb.org/mongo-driver/event"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// The time-outs make an outage an error within 5 s, and keep it from outliving
// its cause by more than that: whoever waits for a server looks for it anew
// every half second.
const (
	operationTimeout = 5 * time.Second // one command, with all waiting for it
	selectionTimeout = 3 * time.Second // waiting for a primary
	connectTimeout   = 2 * time.Second // a new connection, login included; also one heartbeat

	maxConnections = 64 // to one server, unless the URI says otherwise
)

const defaultDatabase = "notes"

// Store is the MongoDB engine. It holds no state but the connections.
type Store struct {
	client     *mongo.Client
	schema     *mongo.Collection
	users      *mongo.Collection
	sessions   *mongo.Collection
	notes      *mongo.Collection
	operations *mongo.Collection
	steps      *mongo.Collection
	feeds      *mongo.Collection
	settings   *mongo.Collection
	throttles  *mongo.Collection
}

var _ store.Store = (*Store)(nil)

// Open connects to the database that a mongodb:// or mongodb+srv:// URI names
// ("notes" where it names none) and creates what is missing there. It may be
// called from many programs at once. A server that cannot be reached is
// api.ErrUnavailable; a database of a newer notesd is refused. No error of this
// package holds the password.
func Open(ctx context.Context, uri string) (*Store, error) {
	return open(ctx, uri, nil)
}

// OpenExisting is as Open, but changes nothing: a database that no notesd has
// used yet is api.ErrNotFound, one of an older notesd is refused.
func OpenExisting(ctx context.Context, uri string) (*Store, error) {
	return openWith(ctx, uri, nil, func(s *Store, _ *mongo.Database) error {
		d, err := s.schemaDoc(ctx)
		if err != nil {
			return wrap("read the schema", err)
		}
		if err := d.check(); err != nil || d == presentSchema {
			return err
		}
		return fmt.Errorf("mongo: the database has schema %d and is to have %d: "+
			"stop all servers and start this version of notesd once, it brings the database up to date", d.Version, schemaVersion)
	})
}

// open is Open with an eye on the commands sent, for the tests.
func open(ctx context.Context, uri string, monitor *event.CommandMonitor) (*Store, error) {
	return openWith(ctx, uri, monitor, func(s *Store, db *mongo.Database) error { return s.prepare(ctx, db) })
}

func openWith(ctx context.Context, uri string, monitor *event.CommandMonitor, prepare func(*Store, *mongo.Database) error) (*Store, error) {
	opts, database, err := parse(uri)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(ctx, opts.SetMonitor(monitor))
	if err != nil {
		return nil, wrap("connect", err)
	}
	db := client.Database(database)
	s := &Store{
		client:     client,
		schema:     db.Collection("schema"),
		users:      db.Collection("users"),
		sessions:   db.Collection("sessions"),
		notes:      db.Collection("notes"),
		operations: db.Collection("operations"),
		steps:      db.Collection("steps"),
		feeds:      db.Collection("feeds"),
		settings:   db.Collection("settings"),
		throttles:  db.Collection("throttles"),
	}
	if err := errors.Join(checkDurable(db), prepare(s, db)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// parse turns the URI into options. What keeps the promises of this package is
// set after the URI was read, and so stands whatever it says.
//
// Retried reads and writes stay on, as the driver has them: in a replica set a
// command whose answer was lost is sent once more and MongoDB carries it out
// once. A standalone server (and FerretDB) cannot tell, so the driver does not
// retry writes there; the caller, who gets ErrUnavailable, may.
func parse(uri string) (*options.ClientOptions, string, error) {
	parsed, err := connstring.ParseAndValidate(uri)
	if lookup := (*net.DNSError)(nil); errors.As(err, &lookup) {
		return nil, "", fmt.Errorf("mongo: look up the servers: %w: %w", api.ErrUnavailable, lookup)
	}
	if err != nil {
		// The driver's words may quote what stands where it does not expect it,
		// and that may be a password.
		return nil, "", errors.New("mongo: the URI or an option in it is not valid: it must look like " +
			"mongodb://user:password@host:27017/notes?option=value, " +
			"with these characters of user and password percent-encoded: / : ? # [ ] @ %")
	}
	opts := options.Client().ApplyURI(uri).
		SetWriteConcern(durable()).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetServerSelectionTimeout(selectionTimeout).
		SetConnectTimeout(connectTimeout)
	opts.Timeout = nil       // it would set aside the deadlines of within
	opts.SocketTimeout = nil // likewise
	if opts.MaxPoolSize == nil {
		opts.SetMaxPoolSize(maxConnections)
	}
	if opts.AppName == nil {
		opts.SetAppName("notesd")
	}
	database := parsed.Database
	if database == "" {
		database = defaultDatabase
	}
	return opts, database, nil
}

func durable() *writeconcern.WriteConcern {
	w, journal := writeconcern.Majority(), true
	w.Journal = &journal
	return w
}

// checkDurable reads back what parse set.
func checkDurable(db *mongo.Database) error {
	w, r, p := db.WriteConcern(), db.ReadConcern(), db.ReadPreference()
	if w == nil || w.W != durable().W || w.Journal == nil || !*w.Journal {
		return errors.New("mongo: writes would not wait for the journals of a majority")
	}
	if r == nil || r.Level != "majority" || p == nil || p.Mode() != readpref.PrimaryMode {
		return errors.New("mongo: reads would not see what a majority has")
	}
	return nil
}

// Ping reads the schema's version, which takes a primary with a majority behind
// it.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.schemaDoc(ctx)
	return wrap("ping", err)
}

// Close waits for commands under way, as long as one may take, and disconnects.
func (s *Store) Close() error {
	ctx, cancel := within(context.Background())
	defer cancel()
	return wrap("close", s.client.Disconnect(ctx))
}

// Package mongotest gives tests a MongoDB to talk to: the one that
// NOTES_TEST_MONGODB_URI names, else FerretDB, which speaks MongoDB's wire
// protocol and is built and started here. [URI] is what most tests need, [Start]
// is for those that want the server to fail.
//
// FerretDB's updates of one document are not atomic as MongoDB's are, so a proxy
// in front of it lets one command through at a time, whichever connection it
// came on. FerretDB also scans where MongoDB has an index: measure nothing with
// it.
//
// Where neither server can be had the test is skipped, or fails where
// NOTES_TEST_REQUIRE is "all".
package mongotest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
)

// URI returns the URI of a fresh database, which is dropped when the test ends.
func URI(tb testing.TB) string {
	tb.Helper()
	if external := os.Getenv("NOTES_TEST_MONGODB_URI"); external != "" {
		return freshDatabase(tb, external, "")
	}
	return Start(tb).URI()
}

// StandIn reports whether the server is FerretDB.
func StandIn() bool { return os.Getenv("NOTES_TEST_MONGODB_URI") == "" }

// Server is a fresh database on a server that can be made to fail. The faults
// reach only those who use its URI, and end with the test.
type Server struct {
	uri   string
	proxy *proxy
}

// Start returns a working server.
func Start(tb testing.TB) *Server {
	tb.Helper()
	uri, turn := os.Getenv("NOTES_TEST_MONGODB_URI"), (*sync.Mutex)(nil)
	if uri == "" {
		f, err := ferretDB()
		if errors.Is(err, errNoFerretDB) {
			missing(tb, "no MongoDB: set NOTES_TEST_MONGODB_URI, or make FerretDB buildable: %v", err)
		}
		if err != nil {
			tb.Fatalf("mongotest: %v", err)
		}
		uri, turn = f.uri, new(sync.Mutex)
	}
	upstream, err := plainHost(uri)
	if err != nil {
		missing(tb, "no proxy before NOTES_TEST_MONGODB_URI: %v", err)
	}
	p, err := newProxy(upstream, turn)
	if err != nil {
		tb.Fatalf("mongotest: %v", err)
	}
	tb.Cleanup(p.close)
	return &Server{uri: freshDatabase(tb, uri, p.listener.Addr().String()), proxy: p}
}

// URI returns the URI of the database.
func (s *Server) URI() string { return s.uri }

// Watch has f called with each command before it is carried out, from many
// goroutines, by its name in lower case and the collection it is about. Heartbeats
// and logins are no commands.
func (s *Server) Watch(f func(command, collection string)) {
	s.proxy.mu.Lock()
	defer s.proxy.mu.Unlock()
	s.proxy.watch = f
}

// Stop makes the server end every connection, new ones at once.
func (s *Server) Stop() { s.proxy.set(stopped) }

// Freeze makes the server accept connections and requests, and do and answer
// nothing.
func (s *Server) Freeze() { s.proxy.set(frozen) }

// CutAnswers makes the server carry out every command and end the connection
// instead of answering it. Heartbeats and logins are answered.
func (s *Server) CutAnswers() { s.proxy.set(cut) }

// Resume ends the fault. Connections that met it are closed.
func (s *Server) Resume() { s.proxy.set(none) }

// freshDatabase returns uri with a new database and, unless it is empty, with
// that host instead of its own. It drops the database when the test ends.
func freshDatabase(tb testing.TB, uri, host string) string {
	tb.Helper()
	name := "notes_test_" + api.NewID()
	fresh, err := rewrite(uri, host, name)
	if err != nil {
		tb.Fatalf("mongotest: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		c, err := mongo.Connect(ctx, options.Client().ApplyURI(uri))
		if err != nil {
			tb.Errorf("mongotest: %v", err)
			return
		}
		if err := c.Database(name).Drop(ctx); err != nil {
			tb.Errorf("mongotest: drop the database: %v", err)
		}
		_ = c.Disconnect(ctx)
	})
	return fresh
}

func missing(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
		tb.Fatalf(format, args...)
	}
	tb.Skipf(format, args...)
}

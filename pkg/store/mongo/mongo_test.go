package mongo_test

import (
	"testing"

	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
	"github.com/notesd/notesd/pkg/store/storetest"
)

// effort is how much the stand-in can bear.
func effort() storetest.Effort {
	if mongotest.StandIn() {
		return storetest.Fifth
	}
	return storetest.Full
}

func open(tb testing.TB, uri string) *mongo.Store {
	tb.Helper()
	s, err := mongo.Open(tb.Context(), uri)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, effort(), func(tb testing.TB) store.Store { return open(tb, mongotest.URI(tb)) })
}

// Writers and followers on three servers of one database.
func TestFollowersOfThreeServers(t *testing.T) {
	t.Parallel()
	uri := mongotest.URI(t)
	var servers []store.Store
	for range 3 {
		s := open(t, uri)
		t.Cleanup(func() { _ = s.Close() })
		servers = append(servers, s)
	}
	storetest.Followers(t, effort(), servers)
}

package mongo_test

import (
	"testing"

	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
	"github.com/notesd/notesd/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	effort := storetest.Full
	if mongotest.StandIn() {
		effort = storetest.Fifth
	}
	storetest.Run(t, effort, func(tb testing.TB) store.Store {
		s, err := mongo.Open(tb.Context(), mongotest.URI(tb))
		if err != nil {
			tb.Fatal(err)
		}
		return s
	})
}

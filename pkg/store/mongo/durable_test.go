package mongo

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/store"
)

// Whatever the URI asks for, each command says that writes wait for the journals
// of a majority and reads see no less than a majority has.
func TestURICannotWeaken(t *testing.T) {
	t.Parallel()
	commands := recordAll(t, "w=0", "journal=false", "wtimeoutMS=1", "readConcernLevel=local", "readPreference=secondary")
	writes, reads := 0, 0
	for _, c := range commands {
		switch name := c.Index(0).Key(); name {
		case "insert", "update", "delete", "createIndexes":
			writes++
			w, _ := c.Lookup("writeConcern", "w").StringValueOK()
			if j, _ := c.Lookup("writeConcern", "j").BooleanOK(); w != "majority" || !j {
				t.Errorf("a write that does not wait: %v", c)
			}
		case "find", "aggregate":
			reads++
			if level, _ := c.Lookup("readConcern", "level").StringValueOK(); level != "majority" {
				t.Errorf("a read of what may be rolled back: %v", c)
			}
		default:
			t.Errorf("%s is neither a write nor a read that this test knows", name)
		}
		// A server that is asked directly is asked with primaryPreferred.
		if mode, ok := c.Lookup("$readPreference", "mode").StringValueOK(); ok && mode != "primary" && mode != "primaryPreferred" {
			t.Errorf("a command that a secondary may answer: %v", c)
		}
	}
	if writes == 0 || reads == 0 {
		t.Errorf("%d writes and %d reads were seen", writes, reads)
	}
}

// Open reads back what it set.
func TestOpenRefusesWeakOptions(t *testing.T) {
	t.Parallel()
	for uri, weak := range map[string]bool{
		"mongodb://h/?w=majority&journal=true&readConcernLevel=majority":                          false,
		"mongodb://h/?w=1&journal=true&readConcernLevel=majority":                                 true,
		"mongodb://h/?w=majority&readConcernLevel=majority":                                       true,
		"mongodb://h/?w=majority&journal=true":                                                    true,
		"mongodb://h/?w=majority&journal=true&readConcernLevel=majority&readPreference=secondary": true,
	} {
		client, err := mongo.Connect(t.Context(), options.Client().ApplyURI(uri))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
		if err := checkDurable(client.Database("d")); (err != nil) != weak {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// The commands looked at are those of every call there is.
func TestCallsAreComplete(t *testing.T) {
	t.Parallel()
	var made []string
	for _, c := range calls(new(Store)) {
		made = append(made, c.name)
	}
	for m := range reflect.TypeFor[store.Store]().Methods() {
		if m.Name != "Close" && !slices.Contains(made, m.Name) {
			t.Errorf("%s is not among the calls", m.Name)
		}
	}
}

func TestParseKeepsTimeouts(t *testing.T) {
	t.Parallel()
	opts, database, err := parse("mongodb://h/?timeoutMS=60000&socketTimeoutMS=60000&connectTimeoutMS=60000" +
		"&serverSelectionTimeoutMS=60000&maxPoolSize=7")
	if err != nil {
		t.Fatal(err)
	}
	if opts.Timeout != nil || opts.SocketTimeout != nil {
		t.Error("the URI's time-outs set ours aside")
	}
	if *opts.ServerSelectionTimeout != selectionTimeout || *opts.ConnectTimeout != connectTimeout {
		t.Errorf("selection %s and connect %s", opts.ServerSelectionTimeout, opts.ConnectTimeout)
	}
	if *opts.MaxPoolSize != 7 || database != "notes" {
		t.Errorf("pool %d, database %q", *opts.MaxPoolSize, database)
	}
	if opts, _, err = parse("mongodb://h/mine"); err != nil || *opts.MaxPoolSize != maxConnections {
		t.Errorf("without a size the pool is %d, %v", *opts.MaxPoolSize, err)
	}
}

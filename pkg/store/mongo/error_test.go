package mongo

import (
	"context"
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/mongo"

	"github.com/notesd/notesd/pkg/api"
)

// What a MongoDB says whose members fall out, in its own numbers; the words do
// not count.
func TestWrap(t *testing.T) {
	t.Parallel()
	command := func(code int32) error { return mongo.CommandError{Code: code, Message: "E11000 not primary"} }
	for name, tt := range map[string]struct {
		err  error
		want api.Code
	}{
		"no document":       {mongo.ErrNoDocuments, api.CodeNotFound},
		"duplicate":         {mongo.WriteException{WriteErrors: []mongo.WriteError{{Code: 11000}}}, api.CodeConflict},
		"not primary":       {command(10107), api.CodeUnavailable},
		"shutting down":     {command(11600), api.CodeUnavailable},
		"disk full":         {command(14031), api.CodeUnavailable},
		"no majority":       {mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64}}, api.CodeUnavailable},
		"network":           {mongo.CommandError{Labels: []string{"NetworkError"}}, api.CodeUnavailable},
		"time is up":        {context.DeadlineExceeded, api.CodeUnavailable},
		"caller went away":  {context.Canceled, api.CodeUnavailable},
		"closed":            {mongo.ErrClientDisconnected, api.CodeUnavailable},
		"ours":              {api.ErrStale, api.CodeStale},
		"a defect of ours":  {command(2), api.CodeInternal}, // BadValue
		"words that matter": {errors.New("E11000 duplicate key"), api.CodeInternal},
	} {
		err := wrap("call", tt.err)
		if got := api.ErrorCode(err); got != tt.want {
			t.Errorf("%s: %v is %s, want %s", name, err, got, tt.want)
		}
	}
	if wrap("call", nil) != nil {
		t.Error("no error became one")
	}
}

package mongo

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// names returns what commands are called, and forgets them.
func (r *recorder) names() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.commands {
		names = append(names, c.Index(0).Key()+" "+c.Index(0).Value().StringValue())
	}
	r.commands = nil
	return names
}

// How many commands a write takes is what it costs: each waits for the journals.
func TestCommandsOfAWrite(t *testing.T) {
	t.Parallel()
	var r recorder
	s, err := open(t.Context(), mongotest.URI(t), r.monitor())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r.names()

	const operation = "o" // with which nothing is forgotten
	var created, updated []store.Write
	for i := range 100 {
		w := store.Operation{ID: operation}.Created(plainNote(fmt.Sprint("n", i)))
		created = append(created, w)
		updated = append(updated, rewrite(t, w.Note, "p", "body"))
	}
	one := store.Operation{ID: operation}.Created(plainNote("one"))
	for _, tt := range []struct {
		name string
		do   func() error
		want []string
	}{
		{
			"create", func() error { return s.CreateNote(t.Context(), one.Note, one.Trace) },
			[]string{"insert operations", "insert steps", "insert notes"},
		},
		{
			"create without a trace", func() error { return s.CreateNote(t.Context(), plainNote("two"), nil) },
			[]string{"insert notes"},
		},
		{
			"create 100", func() error { return errors.Join(s.WriteNotes(t.Context(), created)...) },
			[]string{"insert operations", "insert steps", "insert notes", "find operations"},
		},
		{
			"update 10", func() error { return errors.Join(s.WriteNotes(t.Context(), updated[:10])...) },
			slices.Concat([]string{"insert operations", "insert steps"}, slices.Repeat([]string{"update notes"}, 10), []string{"find operations"}),
		},
	} {
		if err := tt.do(); err != nil {
			t.Fatal(err)
		}
		if got := r.names(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

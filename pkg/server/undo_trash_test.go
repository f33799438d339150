package server_test

import (
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// TestUndoOfTheTimeInTheTrash: an import that says that a note has been in the
// trash for weeks is taken back, and with it that the note goes tomorrow.
func TestUndoOfTheTimeInTheTrash(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	n := aNote("aaaaaaaaaaaa", "text")
	n.TrashedAt = new(api.TimeOf(f.clock.now().Add(-24 * time.Hour)))
	wantImport(t, c, []api.PortableNote{n}, api.ImportOptions{}, api.ImportResult{Added: 1})
	n.TrashedAt = new(api.TimeOf(f.clock.now().Add(-29 * 24 * time.Hour)))
	operation := api.NewID()
	if _, err := c.Import(t.Context(), []api.PortableNote{n}, api.ImportOptions{Overwrite: true}, client.WithOperation(operation)); err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Undo(t.Context(), operation) {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Note(t.Context(), n.ID)
	if err != nil || got.TrashedAt == nil || f.clock.now().Sub(got.TrashedAt.Time) > 24*time.Hour {
		t.Errorf("%+v, %v", got, err)
	}
}

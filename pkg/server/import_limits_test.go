package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// TestImportTooLong: what would take more memory than its bytes is refused whole.
func TestImportTooLong(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	a := f.do("POST", "/api/v1/import", strings.Repeat("1\n", api.MaxImport+1), bearer(l), "Content-Type: "+api.MediaNDJSON)
	if a.status != http.StatusRequestEntityTooLarge || !strings.Contains(a.problem.Detail, "in parts") {
		t.Errorf("%d %q", a.status, a.problem.Detail)
	}
}

// TestTrashAtTheEndOfTime: a note whose time in the trash ends when no time can
// say it is still shown.
func TestTrashAtTheEndOfTime(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	n := aNote("aaaaaaaaaaaa", "late")
	n.UpdatedAt = api.TimeOf(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
	wantImport(t, c, []api.PortableNote{n}, api.ImportOptions{}, api.ImportResult{Added: 1})
	if err := c.TrashNote(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	got, err := c.Note(t.Context(), n.ID)
	if err != nil || got.ExpiresAt == nil || got.ExpiresAt.Year() != 9999 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestImportOldTrash: what has been in the trash for longer than its time when it
// is imported is not deleted before anybody has seen it.
func TestImportOldTrash(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.user("ann")
	old, recent := aNote("aaaaaaaaaaaa", "old"), aNote("bbbbbbbbbbbb", "recent")
	old.TrashedAt = new(api.TimeOf(f.clock.now().Add(-31 * 24 * time.Hour)))
	recent.TrashedAt = new(api.TimeOf(f.clock.now().Add(-29 * 24 * time.Hour)))
	future := aNote("cccccccccccc", "of a clock that was wrong")
	future.TrashedAt = new(api.TimeOf(f.clock.now().Add(1000 * 24 * time.Hour)))
	notes := []api.PortableNote{old, recent, future}
	wantImport(t, c, notes, api.ImportOptions{}, api.ImportResult{Added: 3})
	wantImport(t, c, notes, api.ImportOptions{}, api.ImportResult{Unchanged: 3})
	f.clock.advance(time.Hour)
	wantImport(t, c, notes, api.ImportOptions{Overwrite: true}, api.ImportResult{Unchanged: 3})
	for range 3 {
		f.server.Sweep(t.Context())
		f.clock.advance(time.Hour)
	}
	got := exported(t, c)
	if len(got) != 3 || *got[1].TrashedAt != *recent.TrashedAt || f.clock.now().Sub(got[0].TrashedAt.Time) > 5*time.Hour ||
		got[2].TrashedAt.After(f.clock.now()) {
		t.Errorf("in the trash: %+v", got)
	}
}

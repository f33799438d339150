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

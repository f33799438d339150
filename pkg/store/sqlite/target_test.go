package sqlite

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/storetest"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, filepath.Base(name)+".db") }
	storetest.RunTarget(t, func(t *testing.T, name string, c store.Copying) (store.Target, bool, error) {
		return OpenTarget(t.Context(), path(name), c)
	}, func(t *testing.T, name string) (store.Store, error) { return Open(t.Context(), path(name)) })
}

// TestTargetRefusesOlder wants a store that is not to become a copy to be as it was,
// though it is of an older version.
func TestTargetRefusesOlder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	s, err := open(t.Context(), path, migrations[:len(migrations)-1])
	if err != nil {
		t.Fatal(err)
	}
	u := store.User{ID: "0123456789ab", Username: "Ann", Key: "ann", PasswordHash: "x", CreatedAt: api.TimeOf(time.Unix(1, 0))}
	if err := errors.Join(s.CreateUser(t.Context(), u), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenTarget(t.Context(), path, store.Copying{Source: "elsewhere"}); !errors.Is(err, api.ErrConflict) {
		t.Errorf("error is %v", err)
	}
	var older *OlderError
	if _, err := OpenExisting(t.Context(), path); !errors.As(err, &older) {
		t.Errorf("it was brought up to date: %v", err)
	}
}

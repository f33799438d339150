package sqlite

import (
	"path/filepath"
	"testing"

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

package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(tb testing.TB) store.Store {
		s, err := Open(tb.Context(), filepath.Join(tb.TempDir(), "notes.db"))
		if err != nil {
			tb.Fatal(err)
		}
		return s
	})
}

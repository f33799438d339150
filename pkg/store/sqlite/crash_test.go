package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/store"
)

// crashNote is a note whose whole content follows from its id.
func crashNote(id string) store.Note {
	n := testNote(id, 1)
	n.Tags = []string{"a", id}
	n.Body = strings.Repeat(id+"\n", 300)
	return n
}

// TestKilled kills a process that writes, again and again, and wants every note
// that was answered.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.db")
	answered := map[string]bool{}
	for round := range 10 {
		cmd, stdout := startChild(t, "write", path)
		for range 30 + 17*round { // another moment each time
			line, err := stdout.ReadString('\n')
			must(t, err)
			answered[strings.TrimSpace(line)] = true
		}
		must(t, cmd.Process.Kill())
		for {
			line, err := stdout.ReadString('\n')
			if err != nil {
				break // what has no end of line was not printed
			}
			answered[strings.TrimSpace(line)] = true
		}
		_ = cmd.Wait()

		begun := time.Now()
		s, err := Open(t.Context(), path)
		must(t, err)
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("round %d: ready again after %s", round, took)
		}
		wantIntact(t, s)
		wantIndexed(t, s)
		for id := range answered {
			n, err := s.Note(t.Context(), owner, id)
			if err != nil {
				t.Fatalf("round %d: an answered note: %v", round, err)
			}
			if want := crashNote(id); n.Body != want.Body || len(n.Tags) != len(want.Tags) {
				t.Fatalf("round %d: note %s is not what was answered", round, id)
			}
		}
		must(t, s.Close())
	}
	t.Logf("%d notes were answered", len(answered))
}

package server_test

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/exchange"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

// TestMove is the promise that people leave by: export, import into an empty
// account, export again, and every byte is the same, by either form, from and to
// either engine.
func TestMove(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		notes int
		open  func(t *testing.T) store.Store
	}{
		"SQLite": {600, func(t *testing.T) store.Store {
			s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "notes.db"))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}},
		"MongoDB": {60, func(t *testing.T) store.Store {
			s, err := mongo.Open(t.Context(), mongotest.URI(t))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := tt.open(t)
			t.Cleanup(func() { _ = st.Close() })
			f := start(t, func(c *server.Config) { c.Store = st })
			r := rand.New(rand.NewPCG(3, 4))
			notes := make([]api.PortableNote, tt.notes)
			for i := range notes {
				notes[i] = oddNote(r, f.clock.now())
			}
			first, second, third := f.user("first"), f.user("second"), f.user("third")
			wantAdded(t, first, linesOf(t, notes), len(notes))
			wantExported(t, first, notes...)
			all := exportedLines(t, first)

			wantAdded(t, second, all, len(notes))
			if !bytes.Equal(exportedLines(t, second), all) {
				t.Error("by lines, another export is another one")
			}
			dir := filepath.Join(t.TempDir(), "folder")
			exportFolder(t, first, dir)
			wantAdded(t, third, folderLines(t, dir), len(notes))
			if !bytes.Equal(exportedLines(t, third), all) {
				t.Error("by files, another export is another one")
			}
			again := filepath.Join(t.TempDir(), "again")
			exportFolder(t, third, again)
			if !bytes.Equal(folderLines(t, again), folderLines(t, dir)) {
				t.Error("the files are others")
			}
		})
	}
}

// odd is text that something on the way might take for its own.
var odd = []string{
	"", " ", "\n", "---\n", "---\ntitle: x\n---\n", "\r\n", "\r", "\ufeff", "\u2028", "\u0085", "\x01", "\x7f", "null", "~", "yes", "2026-01-31", "a: b",
	"# a", "'", `"`, `\`, `\u0000`, "<script>", "&amp;", "🙂", "\U0010ffff", "\ufffd", "e\u0301", "مرحبا", "東京", "trailing  ", "\t", "%", "$ne", "/../",
}

func oddText(r *rand.Rand, most int) string {
	var b strings.Builder
	for range r.IntN(most) {
		b.WriteString(odd[r.IntN(len(odd))])
	}
	return b.String()
}

func oddNote(r *rand.Rand, now time.Time) api.PortableNote {
	ago := func(most time.Duration) api.Time { return api.TimeOf(now.Add(-rand.N(most))) }
	n := api.PortableNote{
		ID: api.NewID(), Title: oddText(r, 5), Body: oddText(r, 40), Tags: []string{}, Pinned: r.IntN(3) == 0, Archived: r.IntN(3) == 0,
		CreatedAt: ago(10 * 365 * 24 * time.Hour), UpdatedAt: ago(10 * 365 * 24 * time.Hour),
	}
	for _, tag := range []string{"#", "'", "-", ":", "[", "a", "null", "été", "東京", "🙂"} { // ascending
		if r.IntN(4) == 0 {
			n.Tags = append(n.Tags, tag)
		}
	}
	switch r.IntN(8) {
	case 0:
		n.TrashedAt = new(ago(29 * 24 * time.Hour))
	case 1:
		n.Body = strings.Repeat("long \n", r.IntN(api.MaxBody/6))
	case 2:
		n.CreatedAt = api.TimeOf(time.Date(r.IntN(9999), 1, 1, 0, 0, 0, 0, time.UTC))
	}
	return n
}

func exportedLines(t *testing.T, c *client.Client) []byte {
	t.Helper()
	var all bytes.Buffer
	for line, err := range c.ExportLines(t.Context(), api.ExportOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Write(line)
		all.WriteByte('\n')
	}
	return all.Bytes()
}

// wantAdded imports lines in batches, as the command does.
func wantAdded(t *testing.T, c *client.Client, lines []byte, want int) {
	t.Helper()
	added := 0
	send := func(batch []byte) {
		got, err := c.ImportLines(t.Context(), batch, api.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		added += got.Added
	}
	var batch []byte
	for line := range bytes.Lines(lines) {
		if len(batch)+len(line) > api.MaxRequest {
			send(batch)
			batch = nil
		}
		batch = append(batch, line...)
	}
	send(batch)
	if added != want {
		t.Errorf("%d of %d notes were added", added, want)
	}
}

func exportFolder(t *testing.T, c *client.Client, dir string) {
	t.Helper()
	f, err := exchange.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n, err := range c.Export(t.Context(), api.ExportOptions{}) {
		if err == nil {
			_, err = f.Write(n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// folderLines reads what exportFolder wrote.
func folderLines(t *testing.T, dir string) []byte {
	t.Helper()
	var notes []api.PortableNote
	for item, err := range exchange.Files.Read(exchange.Input{Path: dir}) {
		if err = cmp.Or(err, item.Err); err != nil {
			t.Fatal(err)
		}
		notes = append(notes, item.Note)
	}
	return linesOf(t, notes)
}

func linesOf(t *testing.T, notes []api.PortableNote) []byte {
	t.Helper()
	var all []byte
	for _, n := range notes {
		line, err := exchange.Line(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, line...), '\n')
	}
	return all
}

package backup_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/store"
)

var update = flag.Bool("update", false, "write testdata/v1.backup anew: only before a format was published")

func at(ms int64) api.Time { return api.TimeOfMilli(1_770_000_000_000 + ms) }

var header = backup.Header{CreatedAt: at(0), Engine: "sqlite", Version: "1.2.3"}

// records are one of every kind, with something in every member, in order.
func records() []store.Record {
	later := at(7)
	ann, bob := "000000000001", "zzzzzzzzzzzz"
	note := store.Note{Owner: ann, Excerpt: "An excerpt", TitleKey: "ein titel", Operations: []string{"0123456789ab"}}
	note.ID, note.Title, note.Tags, note.Pinned, note.Archived = "00000000000a", "Ein Titel", []string{"to-do", "été"}, true, true
	note.CreatedAt, note.UpdatedAt, note.TrashedAt, note.Revision = at(1), at(2), &later, 3
	note.Body = "\x01\r\n\u2028 </script> \U0001F4D3\t\"\\ e\u0301"
	plain := store.Note{Owner: bob, Operations: []string{}}
	plain.ID, plain.Tags, plain.Revision, plain.CreatedAt, plain.UpdatedAt = "00000000000a", []string{}, 1, at(1), at(1)
	return []store.Record{
		{Setting: &store.Setting{Name: "other", Value: []byte{}}},
		{Setting: &store.Setting{Name: "signing_key", Value: bytes.Repeat([]byte{0, 255}, 16)}},
		{User: &store.User{ID: ann, Username: "Ann", Key: "ann", PasswordHash: "$argon2id$x", CreatedAt: at(0)}},
		{User: &store.User{ID: bob, Username: "Боб", Key: "боб", PasswordHash: "$argon2id$y", CreatedAt: at(0), DisabledAt: &later}},
		{Session: &store.Session{
			ID: "00000000000s", UserID: bob, Kind: api.KindToken, Scope: api.ScopeRead, Label: "ci",
			CreatedAt: at(1), LastUsedAt: at(2), ExpiresAt: at(3), Generation: 4, SecretHash: [32]byte{1, 0, 255}, RotatedAt: at(5),
		}},
		{Note: &note},
		{Tombstone: &store.Tombstone{Owner: ann, ID: "00000000000b", Revision: 9, PurgedAt: at(8)}},
		{Note: &plain},
	}
}

// sequence gives records as a store does.
func sequence(list []store.Record) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func write(t testing.TB, from iter.Seq2[store.Record, error]) ([]byte, backup.Manifest) {
	t.Helper()
	var b bytes.Buffer
	m, err := backup.Write(&b, header, from)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	file, m := write(t, sequence(records()))
	if want := (backup.Counts{Settings: 2, Users: 2, Sessions: 1, Notes: 2, Tombstones: 1}); m.Counts != want {
		t.Errorf("counts are %+v, want %+v", m.Counts, want)
	}
	r, err := backup.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var got []store.Record
	for v, err := range r.Records() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if d := cmp.Diff(records(), got); d != "" {
		t.Errorf("not what was written (-want +got):\n%s", d)
	}
	want := header
	want.Format = backup.Format
	if r.Header != want || r.Manifest != m {
		t.Errorf("header %+v and manifest %+v, want %+v and %+v", r.Header, r.Manifest, want, m)
	}
}

// TestFirstFormat reads a file that was committed when the format was new, and
// wants it understood.
func TestFirstFormat(t *testing.T) {
	t.Parallel()
	name := filepath.Join("testdata", "v1.backup")
	if *update {
		file, _ := write(t, sequence(records()))
		if err := os.WriteFile(name, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(records(), readAll(t, file)); d != "" {
		t.Errorf("what the file says (-want +got):\n%s", d)
	}
}

func readAll(t *testing.T, file []byte) (list []store.Record) {
	t.Helper()
	r, err := backup.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for v, err := range r.Records() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// lines are what zcat shows.
func lines(t testing.TB, file []byte) []string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(text), "\n")
}

// TestLargestNote wants room in a line for a note that needs most.
func TestLargestNote(t *testing.T) {
	t.Parallel()
	list := records()[2:3]
	n := store.Note{Owner: list[0].User.ID}
	n.ID, n.Revision, n.CreatedAt = "00000000000a", 1, api.TimeOf(time.UnixMilli(0))
	n.Title, n.TitleKey = strings.Repeat("\x01", api.MaxTitle), strings.Repeat("\x01", api.MaxTitle)
	n.Excerpt, n.Body = strings.Repeat("\U0001F4D3", 160), strings.Repeat("\x01", api.MaxBody)
	for i := range api.MaxTags {
		n.Tags = append(n.Tags, strings.Repeat(string(rune('a'+i)), api.MaxTag/2))
	}
	for range store.MaxOperations {
		n.Operations = append(n.Operations, api.NewID())
	}
	file, _ := write(t, sequence(append(list, store.Record{Note: &n})))
	if _, _, err := backup.Check(bytes.NewReader(file)); err != nil {
		t.Error(err)
	}
}

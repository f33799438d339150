package foreign

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

// FuzzFolder, and all that follow, hold that whatever a file has is read to its
// end, that what comes are notes the server takes, each with an id of its own, and
// that the same comes again.
func FuzzFolder(f *testing.F) {
	addSamples(f, "obsidian/*.md", "obsidian/*/*.md", "obsidian/*/*/*.md", "nb/*.md", "zk/*.md")
	f.Fuzz(func(t *testing.T, b []byte) {
		readTwice(t, readFolder, ".zk/a/b.todo.md", b)
		readTwice(t, readFolder, "a/b.md", b)
	})
}

func FuzzJSON(f *testing.F) {
	addSamples(f, "*.json", "keep/*/*/*.json", "simplenote/*/*.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func(*reader){readDnote, readMemos, readSimplenote, readKeep} {
			readTwice(t, read, "notes.json", b)
		}
	})
}

func FuzzJoplin(f *testing.F) {
	addSamples(f, "joplin/*.md")
	f.Fuzz(func(t *testing.T, b []byte) {
		readTwice(t, readJoplin, "0c000000000000000000000000000001.md", b)
	})
}

func FuzzEvernote(f *testing.F) {
	addSamples(f, "*.enex")
	f.Fuzz(func(t *testing.T, b []byte) { readTwice(t, readEvernote, "a.enex", b) })
}

// FuzzHTML is FuzzEvernote for what stands in an ENEX file as one text.
func FuzzHTML(f *testing.F) {
	f.Add([]byte(`<en-note><div><en-todo checked="true"/>a</div><div><br/></div><ul style="--en-todo:true;"><li style="--en-checked:true;"><div>b</div></li></ul></en-note>`))
	f.Add([]byte(`<div style="--en-codeblock:true"><div>a</div> b<br></div><table><tr><td><div>c</div></td></tr></table><en-crypt>x</en-crypt><en-media/>d`))
	f.Fuzz(func(t *testing.T, b []byte) {
		readTwice(t, func(r *reader) {
			if body, err := r.markdown("a", string(b)); err == nil {
				r.note(draft{key: "a", title: "a", body: body})
			}
		}, "a", b)
	})
}

func addSamples(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(names) == 0 {
			f.Fatalf("no sample is named %s (%v)", pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
}

func readTwice(t *testing.T, read func(*reader), name string, b []byte) {
	t.Helper()
	first := readOne(t, read, name, b)
	if again := readOne(t, read, name, b); !cmp.Equal(first, again) {
		t.Errorf("read again it differs: %s", cmp.Diff(first, again))
	}
}

func readOne(t *testing.T, read func(*reader), name string, b []byte) []api.PortableNote {
	t.Helper()
	f := file{name: name, modified: time.Unix(1709281800, 0), open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b)), nil
	}}
	var notes []api.PortableNote
	read(&reader{
		src:    &source{name: "x", walk: one(f), part: func() float64 { return 0 }},
		family: "x", loc: time.UTC, ids: map[id]bool{},
		yield: func(i exchange.Item, err error) bool {
			if n := i.Note; n.ID != "" {
				taken(t, n)
				if slices.ContainsFunc(notes, func(other api.PortableNote) bool { return other.ID == n.ID }) {
					t.Errorf("two notes have the id %s", n.ID)
				}
				notes = append(notes, n)
			} else if i.Err == nil && err == nil && len(i.Warnings) == 0 {
				t.Error("an item has nothing in it")
			}
			return true
		},
	})
	return notes
}

// taken fails where the server would not take a note.
func taken(t *testing.T, n api.PortableNote) {
	t.Helper()
	if err := (api.NewNote{ID: n.ID, Title: n.Title, Body: n.Body, Tags: n.Tags}).Validate(); err != nil {
		t.Errorf("%v: %+v", err, n)
	}
	if strings.ContainsAny(n.Title, "\n\r") || strings.TrimSpace(n.Title+n.Body) == "" {
		t.Errorf("a title of several lines, or a note of no text: %+v", n)
	}
	if !slices.IsSorted(n.Tags) || len(slices.Compact(slices.Clone(n.Tags))) != len(n.Tags) {
		t.Errorf("tags are not sorted, or twice there: %q", n.Tags)
	}
	for _, at := range []api.Time{n.CreatedAt, n.UpdatedAt} {
		var back api.Time
		if err := back.UnmarshalText([]byte(at.String())); err != nil || back != at {
			t.Errorf("%s is no time of a note: %v", at, err)
		}
	}
	if n.UpdatedAt.Before(n.CreatedAt.Time) {
		t.Errorf("saved at %s, before it was made at %s", n.UpdatedAt, n.CreatedAt)
	}
}

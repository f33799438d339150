package foreign_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
	"github.com/notesd/notesd/pkg/foreign"
)

// TestDetect has what is of nobody, and what is of several.
func TestDetect(t *testing.T) {
	t.Parallel()
	exported := string(exchange.Marshal(api.PortableNote{ID: "k3v9c0x7m2qa", Title: "Mine", Tags: []string{}}))
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"texts", map[string]string{"a.txt": "a", "b/c.md": "c"}, []string{"folder"}},
		{"what notes exported", map[string]string{"mine.md": exported}, nil},
		{"what notes exported, opened in Obsidian", map[string]string{"mine.md": exported, ".obsidian/app.json": "{}"}, nil},
		{"a vault under git", map[string]string{"a.md": "a", ".obsidian/app.json": "{}", ".git/x.json": `{"activeNotes":1}`}, []string{"obsidian"}},
		{"a vault that was one of zk", map[string]string{"a.md": "a", ".obsidian/app.json": "{}", ".zk/config.toml": ""}, []string{"obsidian"}},
		{"a vault with a part of Takeout in it", map[string]string{".obsidian/app.json": "{}", "x.json": `{"isTrashed":false,"isPinned":false}`}, []string{"obsidian", "keep"}},
		{"JSON of nobody", map[string]string{"x.json": `{"a":"\"activeNotes\" and \"uuid\""}`}, nil},
		{"pictures", map[string]string{"x.png": "x"}, nil},
		{"files that are only called as Joplin's are", map[string]string{strings.Repeat("0", 32) + ".md": "hello"}, []string{"folder"}},
		{"ENEX by another name", map[string]string{"notes.xml": `<?xml version="1.0"?><en-export></en-export>`}, []string{"evernote"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, content := range tt.files {
				write(t, filepath.Join(dir, name), []byte(content))
			}
			if diff := cmp.Diff(append([]string{}, tt.want...), detect(dir)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if found := detect(filepath.Join(t.TempDir(), "gone")); len(found) > 0 {
		t.Errorf("what is not there is taken for %q", found)
	}
}

// TestZone holds that times of front matter are where the user is, unless they
// say where they are.
func TestZone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.md")
	for written, want := range map[string]string{
		"2024-03-01 08:30":          "2024-03-01T06:30:00.000Z",
		"2024-03-01":                "2024-02-29T22:00:00.000Z",
		"20240301":                  "2024-02-29T22:00:00.000Z",
		"2024/03/01 08:30":          "2024-03-01T06:30:00.000Z",
		"'2024-03-01T08:30:15'":     "2024-03-01T06:30:15.000Z",
		"2024-03-01T08:30:15Z":      "2024-03-01T08:30:15.000Z",
		"2024-03-01 08:30:15 -0500": "2024-03-01T13:30:15.000Z",
	} {
		write(t, path, []byte("---\nDate Created: "+written+"\n---\nx"))
		for _, f := range foreign.Formats(time.FixedZone("", 2*60*60)) {
			if f.Name != "folder" {
				continue
			}
			for item, err := range f.Read(exchange.Input{Path: path}) {
				if got := item.Note.CreatedAt.String(); err != nil || got != want || item.Note.Body != "x" {
					t.Errorf("%s is read as %s, want %s (%v, %q)", written, got, want, err, item.Note.Body)
				}
			}
		}
	}
}

package exchange_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

func TestNDJSON(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", api.MaxRequest-1)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"only empty lines", "\n \r\n\t", nil},
		{"lines", "{}\n{\"a\":1}\r\n", []string{"line 1: {}", "line 2: {\"a\":1}\r"}},
		{"no end", "{}\n[", []string{"line 1: {}", "line 2: ["}},
		{"empty ones count", "\n\n{}\n\n", []string{"line 3: {}"}},
		{"byte order mark", "\ufeff{}\n\ufeff{}\n", []string{"line 1: {}", "line 2: \ufeff{}"}},
		{"as long as may be", long + "\n{}", []string{"line 1: " + long, "line 2: {}"}},
		{"too long", "{}\n" + long + "x\n{}", []string{"line 1: {}", "line 2: " + exchange.ErrTooLong.Error(), "line 3: {}"}},
		{"as long as may be, without an end", long, []string{"line 1: " + long}},
		{"too long without an end", long + "x", []string{"line 1: " + exchange.ErrTooLong.Error()}},
		{"much too long", long + long, []string{"line 1: " + exchange.ErrTooLong.Error()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := exchange.Input{Path: "-", Stdin: strings.NewReader(tt.text)}
			if got := read(t, exchange.NDJSON, in); !slices.Equal(got, tt.want) {
				t.Errorf("%d items %.300q, want %d", len(got), got, len(tt.want))
			}
		})
	}
}

func TestNDJSONFile(t *testing.T) {
	t.Parallel()
	in := exchange.Input{Path: filepath.Join(t.TempDir(), "Notes.JSONL")}
	if err := os.WriteFile(in.Path, []byte(strings.Repeat("{}\n", 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	if !exchange.NDJSON.Detect(in) || exchange.NDJSON.Detect(exchange.Input{Path: "notes.md"}) {
		t.Error("does not know its own by the name")
	}
	var parts []string
	for item, err := range exchange.NDJSON.Read(in) {
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, fmt.Sprint(item.Part))
	}
	if diff := cmp.Diff([]string{"0.25", "0.5", "0.75", "1"}, parts); diff != "" {
		t.Errorf("how far it is (-want +got):\n%s", diff)
	}
	if got := read(t, exchange.NDJSON, exchange.Input{Path: filepath.Join(t.TempDir(), "absent")}); len(got) != 1 || !strings.Contains(got[0], "no such file") {
		t.Errorf("an absent file: %q", got)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	n := note("<&>\u2028", "body\n")
	n.Tags = nil
	line, err := exchange.Line(n)
	want := `{"id":"k3v9c0x7m2qa","title":"<&>\u2028","body":"body\n","tags":[],"pinned":true,"archived":true,` +
		`"created_at":"2026-01-01T12:00:00.123Z","updated_at":"2026-01-02T12:00:00.123Z","trashed_at":"2026-01-03T12:00:00.123Z"}`
	if string(line) != want || err != nil {
		t.Errorf("%s, %v", line, err)
	}
	for _, n := range []api.PortableNote{{Title: "\xff"}, {Body: "\xff"}, {Tags: []string{"\xff"}}} {
		if line, err := exchange.Line(n); err == nil {
			t.Errorf("made %s of bytes", line)
		}
	}
}

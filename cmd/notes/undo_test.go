package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestUndoBreaksOff has the server tell of one of 2,000 notes. Where it is away
// after that, it is told what was done and how to go on, and where it knows of no
// others, that these are missing.
func TestUndoBreaksOff(t *testing.T) {
	t.Parallel()
	const operation, note = "0p0p0p0p0p0p", "k3v9c0x7m2qa"
	for _, tt := range []struct {
		name, next string
		exit       int
		want       string
	}{
		{"away", note, exitAway, "hint: done so far: 1 note; for the others: notes undo " + operation},
		{"forgotten", "", exitConflict, "notes: not found any more: 1999 of 2000 notes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch {
				case r.Method == http.MethodGet:
					_, _ = fmt.Fprintf(w, `{"operations":[{"id":%q,"at":"2026-01-31T12:00:00.000Z","action":"import","label":"","notes":2000,"note":null}]}`, operation)
				case r.URL.Query().Has("cursor"):
					http.Error(w, "gone", http.StatusBadGateway)
				default:
					_, _ = fmt.Fprintf(w, `{"undone":[{"id":%q,"title":"\u001b[2J"}],"left":[],"next_cursor":%q}`, note, tt.next)
				}
			}))
			t.Cleanup(server.Close)
			var out, said bytes.Buffer
			env := map[string]string{"NOTES_SERVER": server.URL, "NOTES_TOKEN": "npat_x", "NOTES_CONFIG_DIR": t.TempDir()}
			lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
			if code := run(t.Context(), []string{"undo"}, strings.NewReader(""), &out, &said, lookup); code != tt.exit || out.Len() > 0 {
				t.Errorf("exit code %d, %q", code, out.String())
			}
			for _, want := range []string{"undo: import of 2000 notes, ", note + ` "\\x1b[2J" is as it was before`, tt.want} {
				if !strings.Contains(said.String(), want) {
					t.Errorf("%q is not in %q", want, said.String())
				}
			}
		})
	}
}

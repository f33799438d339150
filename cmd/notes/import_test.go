package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestImportBreaksOff has the server take one batch and be away for the next:
// what was done is told, by --json as data.
func TestImportBreaksOff(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range batchNotes + 1 {
		fmt.Fprintf(&lines, "%d\n", i)
	}
	const hint = "750 notes are done, and perhaps the 1 after them; the same command again goes on with the rest"
	for _, tt := range []struct {
		name      string
		args      []string
		out, said string // what it begins with and ends with
	}{
		{"people", nil, "", "imported: 749 added, 0 unchanged, 0 kept, 0 replaced, 1 failed\nnotes: "},
		{"scripts", []string{"--json", "added,failed"}, `{"added":749,"failed":[{"place":"line 3","detail":"no"}]}` + "\n", `{"code":"unavailable",`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); bytes.Count(body, []byte("\n")) == 1 {
					http.Error(w, "gone", http.StatusBadGateway)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"added":749,"unchanged":0,"kept":0,"replaced":0,"kept_ids":[],"failed":[{"line":3,"detail":"no"}]}`)
			}))
			t.Cleanup(server.Close)
			var out, said bytes.Buffer
			env := map[string]string{"NOTES_SERVER": server.URL, "NOTES_TOKEN": "npat_x", "NOTES_CONFIG_DIR": t.TempDir()}
			lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
			args := append([]string{"import", "--from", "ndjson", "-"}, tt.args...)
			if code := run(t.Context(), args, strings.NewReader(lines.String()), &out, &said, lookup); code != exitAway || out.String() != tt.out {
				t.Errorf("exit code %d, %q", code, out.String())
			}
			got := said.String()
			if tt.args == nil {
				got, _ = strings.CutPrefix(got, "notes: line 3: no\n")
			}
			if !strings.HasPrefix(got, tt.said) || !strings.Contains(got, hint) {
				t.Errorf("said %q", said.String())
			}
		})
	}
}

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A text is kept when what answers is no notesd, however friendly.
func TestForeignServerKeepsTheText(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"notes":[]}`)
	}))
	defer s.Close()
	for _, args := range [][]string{{"add"}, {"append", "0123456789ab"}, {"update", "0123456789ab", "--body", "-"}} {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), "notes", args...)
		cmd.Env = append(os.Environ(), "NOTES_SERVER="+s.URL, "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+dir)
		cmd.Stdin = strings.NewReader("precious\n")
		said, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(said), "is not a notesd") {
			t.Errorf("%v: %v, %s", args, err, said)
		}
		drafts, err := filepath.Glob(filepath.Join(dir, "drafts", "*"))
		if err != nil || len(drafts) != 1 || !strings.Contains(string(said), drafts[0]) {
			t.Errorf("%v: drafts %q, %v; it said %s", args, drafts, err, said)
		}
	}
}

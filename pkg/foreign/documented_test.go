package foreign_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedLines runs the lines of docs/moving.md that print what other
// programs have in their databases: the samples are what they print.
func TestDocumentedLines(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sqlite3"); err != nil {
		if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
			t.Fatal("install sqlite3")
		}
		t.Skip("install sqlite3 to run what the documentation says")
	}
	page, err := os.ReadFile("../../docs/moving.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ pipe, schema, database, sample string }{
		{" | notes import --from dnote -", "dnote.sql", ".local/share/dnote/dnote.db", "dnote.json"},
		{" | notes import --from memos -", "memos.sql", ".memos/memos_prod.db", "memos-sqlite.json"},
	} {
		t.Run(tt.sample, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			database := filepath.Join(home, tt.database)
			if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
				t.Fatal(err)
			}
			shell(t, home, "sqlite3 "+database, filepath.Join("testdata", tt.schema))
			ran := false
			for line := range strings.Lines(string(page)) {
				query, ok := strings.CutSuffix(strings.TrimSpace(line), tt.pipe)
				if !ok || !strings.HasPrefix(query, "sqlite3 ") {
					continue
				}
				ran = true
				want, err := os.ReadFile(filepath.Join("testdata", tt.sample))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), shell(t, home, query, os.DevNull)); diff != "" {
					t.Errorf("the line prints something else than the sample (-sample +line)\n%s", diff)
				}
			}
			if !ran {
				t.Errorf("no line ends in %q", tt.pipe)
			}
		})
	}
}

// shell runs a command line in a home of its own, and returns what it prints.
func shell(t *testing.T, home, line, stdin string) string {
	t.Helper()
	in, err := os.Open(stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Env, cmd.Stdin = append(os.Environ(), "HOME="+home), in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

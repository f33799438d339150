package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// prints is the beginning of the block that says what the example above it prints.
var prints = regexp.MustCompile("^(```+)text\n")

// printed is what the page says right behind an example.
func printed(behind string) string {
	fence := prints.FindStringSubmatch(behind)
	if fence == nil {
		return ""
	}
	text, _, _ := strings.Cut(behind[len(fence[0]):], "\n"+fence[1]+"\n")
	return text
}

// TestScripting pastes the examples of scripting.md into one shell, and compares
// what each prints with what the page says; … stands for anything on a line.
func TestScripting(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "jq", "fzf", "git", "gzip"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
				t.Fatalf("install %s", tool)
			}
			t.Skipf("install %s to run the examples", tool)
		}
	}
	page, err := os.ReadFile("scripting.md")
	if err != nil {
		t.Fatal(err)
	}
	script := "printf 'correct horse battery' | notes signup --username ann --password-stdin --insecure-storage 2>/dev/null\n"
	var want []string
	for i, block := range shell.FindAllSubmatchIndex(page, -1) {
		script += fmt.Sprintf("printf '\\n--- %d\\n'\n%s", i, page[block[2]:block[3]])
		want = append(want, printed(strings.TrimPrefix(string(page[block[1]:]), "\n")))
	}
	if len(want) != 10 {
		t.Fatalf("there are %d examples", len(want))
	}

	bin, home := t.TempDir(), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../cmd/notes").CombinedOutput(); err != nil {
		t.Fatalf("build notes: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
	cmd.Env = append(os.Environ(), "HOME="+home, "NOTES_CONFIG_DIR="+home, "NOTES_SERVER="+serve(t), "NOTES_TOKEN=",
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.Dir, cmd.Stdin = t.TempDir(), strings.NewReader(script)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, said.String())
	}
	parts := regexp.MustCompile(`\n--- \d+\n`).Split(string(out), -1)[1:]
	for i, part := range parts {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(want[i]), "…", `[^\n]*`)
		if want[i] == "" || !regexp.MustCompile("^"+pattern+"$").MatchString(strings.TrimRight(part, "\n")) {
			t.Errorf("example %d prints\n%s\nand the page says\n%s\nstderr: %s", i+1, part, want[i], said.String())
		}
	}
	if len(parts) != len(want) {
		t.Errorf("%d examples were run", len(parts))
	}
}

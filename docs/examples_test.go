// Package docs_test keeps the documentation true: what it shows, it runs.
package docs_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

var (
	shell = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")
	says  = regexp.MustCompile(`(?m)^.*\S\s+# (\d+|null|\[.*\])$`) // a line that shows what it prints
)

// TestAPIExamples pastes the examples of api.md into one shell, from top to
// bottom, and compares what they print where the page says it.
func TestAPIExamples(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
				t.Fatalf("install %s", tool)
			}
			t.Skipf("install %s to run the examples", tool)
		}
	}
	page, err := os.ReadFile("api.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	var want []string
	for _, block := range shell.FindAllSubmatch(page, -1) {
		// The mark tells an answer that an example shows from others that it prints.
		script.WriteString(says.ReplaceAllString(string(block[1]), "printf 'says '; $0"))
		for _, line := range says.FindAllSubmatch(block[1], -1) {
			want = append(want, string(line[1]))
		}
	}

	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
	cmd.Dir = t.TempDir()
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(script.String(), "http://127.0.0.1:7070", serve(t)))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		if _, answer, ok := strings.Cut(strings.TrimSpace(line), "says "); ok {
			got = append(got, answer)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(want) == 0 {
		t.Errorf("the examples print %q, the page says %q\n%s", got, want, out)
	}
	for _, part := range []string{"Shopping\n", `"field":"titel"`, "\tcurl\t", "- milk\n- eggs\n"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("no example prints %q\n%s", part, out)
		}
	}
}

// serve runs a server until the test ends and returns its URL.
func serve(t *testing.T) string {
	t.Helper()
	st, err := sqlite.Open(t.Context(), t.TempDir()+"/notes.db")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(t.Context(), server.Config{Store: st, Signup: true})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := st.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return "http://" + ln.Addr().String()
}

// TestTour pastes the tour of the README, after a sign-up that asks nothing, into
// one shell with the real command line.
func TestTour(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	script := "printf 'correct horse battery' | notes signup --username ann --password-stdin --insecure-storage\n"
	for _, block := range shell.FindAllSubmatch(page, -1) {
		if lines := string(block[1]); strings.Contains(lines, "notes ") && !strings.Contains(lines, "notes signup") {
			script += strings.ReplaceAll(lines, "notes edit", "true") // an editor needs a terminal
		}
	}
	repository, err := filepath.Abs("../.git")
	if err != nil {
		t.Fatal(err)
	}
	bin, home := t.TempDir(), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../cmd/notes").CombinedOutput(); err != nil {
		t.Fatalf("build notes: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
	cmd.Env = append(os.Environ(), "HOME="+home, "NOTES_CONFIG_DIR="+home, "NOTES_SERVER="+serve(t), "GIT_DIR="+repository, "EDITOR=true", "VISUAL=", "NOTES_EDITOR=",
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.Dir, cmd.Stdin = t.TempDir(), strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{"is in the trash\n", "\tBuy milk\thome\t", "Groceries", "Five commits", "renamed work to office", "+++ ", "written", "unchanged"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("the tour does not print %q\n%s", part, out)
		}
	}
}

// TestOperating pastes the commands of operating.md into one shell, beside a
// server on the default store of a home of its own.
func TestOperating(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("operating.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, block := range shell.FindAllSubmatch(page, -1) {
		script.Write(block[1])
	}
	bin, home := t.TempDir(), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../cmd/notesd").CombinedOutput(); err != nil {
		t.Fatalf("build notesd: %v\n%s", err, out)
	}
	env := append(os.Environ(), "HOME="+home, "XDG_DATA_HOME=", "XDG_STATE_HOME=", "NOTESD_ADDR="+freeAddress(t),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	startServer(t, env, bin+"/notesd")

	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
	cmd.Env, cmd.Dir, cmd.Stdin = env, t.TempDir(), strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{"notes.db  (default)", "NOTESD_ADDR", "ann", "disabled", "nobody is logged out", "(--key-file)"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("the commands do not print %q\n%s", part, out)
		}
	}
}

// freeAddress is one that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// startServer runs the program until the test ends, and returns when it listens.
func startServer(t *testing.T, env []string, program string) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program)
	cmd.Env = env
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, log)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "listening") {
			return
		}
	}
	t.Fatal("the server ended before it listened")
}

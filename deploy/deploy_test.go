// Package deploy_test checks the examples of this folder as far as that goes
// without a machine of their own: by the programs they are written for, and by
// running the proxies' before a real server.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// need skips the test where a program is missing.
func need(t *testing.T, tool, debian string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
		t.Fatalf("install %s (on Debian: the package %s)", tool, debian)
	}
	t.Skipf("install %s (on Debian: the package %s) for this test", tool, debian)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// replace puts other values into an example: pairs of old and new, where each
// old one must be there.
func replace(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for pair := range slices.Chunk(pairs, 2) {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the example has no %q", pair[0])
		}
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// write keeps a changed example in a folder of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestUnit has systemd read the unit, and say how much of the machine it opens.
func TestUnit(t *testing.T) {
	t.Parallel()
	need(t, "systemd-analyze", "systemd")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	unit := replace(t, read(t, "notesd.service"), "/usr/local/bin/notesd\n", program+"\n")
	verify := func(text string) string {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", write(t, "notesd.service", text)).CombinedOutput()
		if err != nil && len(out) == 0 {
			t.Fatal(err)
		}
		return string(out)
	}
	if out := verify(unit); out != "" {
		t.Errorf("systemd complains: %s", out)
	}
	if out := verify(replace(t, unit, "ProtectSystem=strict", "ProtectSystem=strikt")); !strings.Contains(out, "strikt") {
		t.Errorf("a mistake is not found: %q", out)
	}
	// 0 is shut, 10 is a service without any restriction.
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--threshold=15", write(t, "notesd.service", unit)).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	t.Log(lines[len(lines)-1])
}

var (
	variable = regexp.MustCompile(`\bNOTESD_[A-Z_]+`)
	flag     = regexp.MustCompile(`(?m)^ +--([a-z-]+)`)
	command  = regexp.MustCompile(`/usr/bin/notesd"?,? "?([a-z]+)`)
	verb     = regexp.MustCompile(`(?m)^  ([a-z-]+) `)
)

// TestNames looks up in the help of notesd every setting that an example names,
// and every command.
func TestNames(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "notesd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../cmd/notesd").CombinedOutput(); err != nil {
		t.Fatalf("build notesd: %v\n%s", err, out)
	}
	help, err := exec.CommandContext(t.Context(), bin, "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range flag.FindAllStringSubmatch(string(help), -1) {
		names["NOTESD_"+strings.ToUpper(strings.ReplaceAll(m[1], "-", "_"))] = true
	}
	for _, m := range verb.FindAllStringSubmatch(string(help), -1) {
		names[m[1]] = true
	}
	for _, file := range []string{"notesd.service", "nginx.conf", "Caddyfile", "Dockerfile", "compose.yaml"} {
		text := read(t, file)
		found := variable.FindAllString(text, -1)
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
		if len(found) == 0 {
			t.Errorf("%s names no setting", file)
		}
		for _, name := range found {
			if !names[name] {
				t.Errorf("%s: notesd has no %s", file, name)
			}
		}
	}
}

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every command and every topic has a manual page that roff takes without a
// warning, and the same texts give the same pages.
func TestManualPages(t *testing.T) {
	t.Parallel()
	program, dir := filepath.Join(t.TempDir(), "man"), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "man", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write := func(dir string) {
		cmd := exec.CommandContext(t.Context(), program, dir)
		cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1577836800")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	write(dir)
	root := newRoot(&app{out: io.Discard, errOut: io.Discard, lookupenv: os.LookupEnv})
	for cmd := range commands(root) {
		page := filepath.Join(dir, "man1", strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		text, err := os.ReadFile(page)
		if err != nil || !strings.Contains(string(text), `"2020-01-01"`) || !strings.Contains(string(text), ".SH OPTIONS") {
			t.Errorf("%s: %q, %v", page, text, err)
		}
	}
	for _, topic := range helpTopics() {
		if _, err := os.Stat(filepath.Join(dir, "man7", "notes-"+topic.Name()+".7")); err != nil {
			t.Error(err)
		}
	}
	again := t.TempDir()
	write(again)
	if out, err := exec.CommandContext(t.Context(), "diff", "-r", dir, again).CombinedOutput(); err != nil {
		t.Errorf("the second time they are others: %v\n%s", err, out)
	}

	if _, err := exec.LookPath("groff"); err != nil {
		if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
			t.Fatal("install groff")
		}
		t.Skip("install groff to see that the pages are well-formed")
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(pages) < 40 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		out, err := exec.CommandContext(t.Context(), "groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", page).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", page, err, out)
		}
	}
}

package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var console = regexp.MustCompile("(?ms)^```console\n(.*?)^```")

// TestSearchingPage runs the examples of docs/searching.md from top to bottom.
func TestSearchingPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/searching.md")
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, block := range console.FindAllSubmatch(page, -1) {
		want += string(block[1])
	}
	if diff := cmp.Diff(want, transcribe(t, want)); diff != "" {
		t.Errorf("docs/searching.md (-page +got):\n%s", diff)
	}
}

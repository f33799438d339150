package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
)

func textOfRevision(number int64, title, body string, tags ...string) api.RevisionText {
	at := api.TimeOf(time.Date(2026, 1, 31, 12, int(number), 0, 0, time.UTC))
	return api.RevisionText{Body: body, Revision: api.Revision{Number: number, Title: title, Tags: tags, UpdatedAt: at}}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	const header = "--- k3 revision 1\t2026-01-31T12:01:00.000Z\n+++ k3 revision 2\t2026-01-31T12:02:00.000Z\n"
	for _, tt := range []struct {
		name     string
		old, now api.RevisionText
		want     string
	}{
		{"nothing", textOfRevision(1, "Plan", "a\n", "x"), textOfRevision(2, "Plan", "a\n", "x"), ""},
		{
			"a line", textOfRevision(1, "Plan", "a\nb\nc\n", "x"), textOfRevision(2, "Plan", "a\nB\nc\n", "x"),
			header + "@@ -1,5 +1,5 @@\n Plan\n \n a\n-b\n+B\n c\n",
		},
		{
			"tags", textOfRevision(1, "Plan", "a\n"), textOfRevision(2, "Plan", "a\n", "x", "y"),
			header + "@@ -1,4 +1,4 @@\n Plan\n-tags:\n+tags: x y\n \n a\n",
		},
		{
			"title and no body", textOfRevision(1, "Plan", ""), textOfRevision(2, "Pl\nan", ""),
			header + "@@ -1 +1 @@\n-Plan\n+Pl an\n",
		},
		{
			"the end of the last line", textOfRevision(1, "", "a"), textOfRevision(2, "", "a\n"),
			header + "@@ -1,3 +1,3 @@\n \n \n-a\n\\ No newline at end of file\n+a\n",
		},
		{
			"what is no text", textOfRevision(1, "\x1b", "\xff\r\n"), textOfRevision(2, "\x1b", "\xff\n"),
			header + "@@ -1,3 +1,3 @@\n \x1b\n \n-\xff\r\n+\xff\n",
		},
	} {
		if d := cmp.Diff(tt.want, diffOf("k3", tt.old, tt.now)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestPaintDiff(t *testing.T) {
	t.Parallel()
	const diff = "--- a\n+++ b\n@@ -1,4 +1,4 @@\n same\r\n \x1b[2J\n--- no header\n+++ nor this\r\n+\ttab\n\\ No newline at end of file\n"
	for _, tt := range []struct {
		name string
		p    printer
		want string
	}{
		{"plain", printer{}, diff},
		{"terminal", printer{tty: true}, "--- a\n+++ b\n@@ -1,4 +1,4 @@\n same\n \\x1b[2J\n--- no header\n+++ nor this\\r\n+\ttab\n\\ No newline at end of file\n"},
		{
			"colours",
			printer{tty: true, color: true},
			"\x1b[1m--- a\x1b[0m\n\x1b[1m+++ b\x1b[0m\n\x1b[36m@@ -1,4 +1,4 @@\x1b[0m\n same\n \\x1b[2J\n" +
				"\x1b[31m--- no header\x1b[0m\n\x1b[32m+++ nor this\\r\x1b[0m\n\x1b[32m+\ttab\x1b[0m\n\\ No newline at end of file\n",
		},
	} {
		if d := cmp.Diff(tt.want, tt.p.paintDiff(diff)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

// TestDiffIsFast compares long texts that have little in common. It takes 10 ms
// for 10,000 lines and 2 s for the longest body of the shortest lines; the bounds
// are ten times that and more.
func TestDiffIsFast(t *testing.T) {
	t.Parallel()
	lines := func(n int, line func(int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i) + "\n")
		}
		return b.String()
	}
	numbered := func(i int) string { return fmt.Sprint("line ", i) }
	short := func(i int) string { return string(rune('a' + i*i%23)) }
	for _, tt := range []struct {
		name     string
		lines    int
		old, now func(int) string
		within   time.Duration
	}{
		{"each tenth of 10,000 lines", 10_000, numbered, func(i int) string { return fmt.Sprint("line ", i+i%10/9) }, 2 * time.Second},
		{"each of 10,000 lines", 10_000, numbered, func(i int) string { return fmt.Sprint("other ", i) }, 2 * time.Second},
		{"the longest body", api.MaxBody / 2, short, func(i int) string { return string(rune('a' + i*i*i%19)) }, 20 * time.Second},
	} {
		old, now := textOfRevision(1, "t", lines(tt.lines, tt.old)), textOfRevision(2, "t", lines(tt.lines, tt.now))
		began := time.Now()
		diff := diffOf("k3", old, now)
		took := time.Since(began)
		t.Logf("%s: %s", tt.name, took)
		if diff == "" || took > tt.within {
			t.Errorf("%s: %d bytes of difference in %s", tt.name, len(diff), took)
		}
	}
}

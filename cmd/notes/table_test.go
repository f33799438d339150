package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var tableNow = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// fillTable writes a table with what titles can hold.
func fillTable(t *testing.T, p *printer) {
	t.Helper()
	p.now = func() time.Time { return tableNow }
	tab := newTable(p, "id", "title", "updated")
	tab.shrink = 1
	for _, row := range [][]cell{
		{idCell("k3abcdefghjk", 2), textCell(`say "hi"`, plain), tab.timeCell(tableNow.Add(-5 * time.Minute))},
		{idCell("k4abcdefghjk", 1), textCell("a\ttab\nand \x1b[31ma line", plain), tab.timeCell(tableNow.Add(-24 * time.Hour))},
		{idCell("zzabcdefghjk", 0), textCell("買い物リスト🍎 with more text than there is room", bold), tab.timeCell(time.Time{})},
	} {
		if err := tab.row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.flush(); err != nil {
		t.Fatal(err)
	}
}

func TestTablePiped(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	fillTable(t, &printer{Writer: &out, width: 80})
	want := "k3abcdefghjk\tsay \"hi\"\t2026-01-31T11:55:00.000Z\n" +
		"k4abcdefghjk\ta\\ttab\\nand \x1b[31ma line\t2026-01-30T12:00:00.000Z\n" +
		"zzabcdefghjk\t買い物リスト🍎 with more text than there is room\t\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTableOnTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	fillTable(t, &printer{Writer: &out, tty: true, width: 56})
	want := `
ID            TITLE                        UPDATED
k3abcdefghjk  say "hi"                     5 minutes ago
k4abcdefghjk  a\ttab\nand \x1b[31ma line   yesterday
zzabcdefghjk  買い物リスト🍎 with more t…
`
	if diff := cmp.Diff(want, "\n"+out.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTableColour(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	fillTable(t, &printer{Writer: &out, tty: true, color: true, width: 80})
	row := strings.Split(out.String(), "\n")[1]
	want := "\x1b[36;1mk3\x1b[0m\x1b[2mabcdefghjk\x1b[0m  "
	if !strings.HasPrefix(row, want) {
		t.Errorf("the prefix that is enough is not bold: %q", row)
	}
}

// TestTableInParts: what is flushed later stands in the same columns, under one
// header, as long as it has room there.
func TestTableInParts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tab := newTable(&printer{Writer: &out, tty: true, width: 20}, "title", "tags")
	tab.shrink = 0
	for _, row := range [][2]string{{"a title", "home"}, {"b", ""}, {"a longer title of one", "x"}, {"c", "a-longer-tag"}, {"d", "y"}} {
		if err := errors.Join(tab.row(textCell(row[0], plain), textCell(row[1], plain)), tab.flush()); err != nil {
			t.Fatal(err)
		}
	}
	want := `
TITLE    TAGS
a title  home
b
a longer titl…  x
c         a-longer-tag
d         y
`
	if diff := cmp.Diff(want, "\n"+out.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTableEmpty(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := newTable(&printer{Writer: &out, tty: true}, "id").flush(); err != nil || out.Len() > 0 {
		t.Errorf("wrote %q, %v", out.String(), err)
	}
}

// TestTableStreams: a long list does not wait in memory, and stops when its
// reader is gone.
func TestTableStreams(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	tab := newTable(&printer{Writer: w}, "title")
	done := make(chan error)
	go func() {
		for {
			if err := tab.row(textCell("a title", plain)); err != nil {
				done <- err
				return
			}
		}
	}()
	if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	if err := <-done; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

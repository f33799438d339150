package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

var update = flag.Bool("update", false, "write the tables of docs/operating.md")

// TestOperatingTables compares the tables of operating.md with what is measured,
// and with what follows from it.
func TestOperatingTables(t *testing.T) {
	t.Parallel()
	costs, err := requestCosts(t.Context(), mongotest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	sizes, err := documentSizes(t.Context(), mongotest.URI(t))
	if err != nil {
		t.Fatal(err)
	}
	var requests, documents, million []string
	for _, c := range costs {
		requests = append(requests, fmt.Sprintf("| %s | %d | %s |", c.request, len(c.commands), strings.Join(tallied(c.commands), ", ")))
	}
	for _, s := range sizes {
		documents = append(documents, fmt.Sprintf("| %s | `%s` | %d | %d | %d |", s.what, s.collection, s.bytes, s.entries, s.keys))
	}
	for _, p := range projection(costs, sizes) {
		million = append(million, fmt.Sprintf("| %s | %s |", p[0], p[1]))
	}
	compare(t, "| request | commands | which |\n| --- | --- | --- |\n", requests)
	compare(t, "| of | in | bytes | index entries | bytes of these |\n| --- | --- | --- | --- | --- |\n", documents)
	compare(t, "| of a million users | |\n| --- | --- |\n", million)
}

// compare wants these rows in the table of operating.md that begins with head.
func compare(t *testing.T, head string, rows []string) {
	t.Helper()
	const file = "../docs/operating.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), head)
	table, behind, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatalf("%s has no table that begins %q", file, head)
	}
	if *update {
		text = fmt.Append(nil, before, head, strings.Join(rows, "\n"), "\n\n", behind)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(rows, strings.Split(table, "\n")); diff != "" {
		t.Errorf("a table of %s is not what is measured (-measured +said); go test ./bench -update writes it\n%s", file, diff)
	}
}

package foreign_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/exchange"
)

// enex is a file with one note of this XHTML.
func enex(content string) string {
	return "<en-export><note><title>T</title><content><![CDATA[<en-note>" + content + "</en-note>]]></content></note></en-export>"
}

// TestHostileHTML holds that what is short in an export and endless as Markdown is
// an error of its own, and costs neither the memory nor the time that it asks for.
// It is not parallel to others, whose memory would count.
func TestHostileHTML(t *testing.T) {
	row := func(cells int) string { return "<tr>" + strings.Repeat("<td>", cells) + "</tr>" }
	for _, tt := range []struct{ name, text, want string }{
		{"a cell over millions of columns", enex(`<table><tr><td colspan="3000000">a<td>b</table>`), "longer than any note"},
		{"and over millions of rows", enex(`<table><tr><td rowspan="99999999999999999999">a<td>b</table>`), "longer than any note"},
		{"and over both", enex(`<table><tr><td colspan="3000" rowspan="3000">a<td>b</table>`), "longer than any note"},
		{"one wide row and many rows", enex("<table>" + row(5000) + strings.Repeat(row(1), 5000) + "</table>"), "longer than any note"},
		{"one wide cell and many rows", enex("<table><tr><td>" + strings.Repeat("a", 5000) + strings.Repeat(row(1), 5000) + "</table>"), "longer than any note"},
		{"many lines in many quotations", enex(strings.Repeat("<blockquote>", 90) + strings.Repeat("a<br>", 20_000)), "longer than any note"},
		{"quotations without an end", enex(strings.Repeat("<blockquote>", 200) + "a"), "within each other"},
		{"brackets that nothing closes", enex(strings.Repeat("*_[", 100_000)), "brackets"},
		{"elements without an end", enex(strings.Repeat("<div>", 20_000)), "exceeds 512"},
		{"XML without an end", "<en-export><note>" + strings.Repeat("<a>", 1_000_000), "beyond all measure"},
		{"attributes without an end", "<en-export><note " + strings.Repeat("a='b' ", 1_000_000), "beyond all measure"},
	} {
		var failed error
		used := allocated(func() {
			for item, err := range formatNamed(t, "evernote").Read(exchange.Input{Path: "-", Stdin: strings.NewReader(tt.text)}) {
				if failed = item.Err; err != nil {
					t.Errorf("%s ends it all: %v", tt.name, err)
				}
			}
		})
		if failed == nil || !strings.Contains(failed.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, failed, tt.want)
		}
		if used > 32<<20 {
			t.Errorf("%s: %d MiB of memory", tt.name, used>>20)
		}
	}
}

// TestLargeHTML holds that nothing is refused or lost that people have.
func TestLargeHTML(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 2000)
	attached := strings.Repeat("<resource><data\n\tencoding='base64'>"+strings.Repeat("x", 9<<20)+"</data></resource>", 5)
	for _, tt := range []struct{ name, text, want string }{
		{"many boxes on lines of one division", enex(strings.Repeat(`<en-todo checked="true"/>done<br/>`, 700)), "[x] done"},
		{"a table with spans and a long cell", enex(`<table><tr><td colspan="2">a</td><td>b</td></tr>` + strings.Repeat("<tr><td>c</td><td>"+long+"</td><td>e</td></tr>", 20) + "</table>"), "| c "},
		{"lists in lists", enex(strings.Repeat("<ul><li>", 20) + "deep" + strings.Repeat("</li></ul>", 20)), "- deep"},
		{"data with its attribute on a line of its own", strings.Replace(enex("a"), "</note>", attached+"</note>", 1), "a"},
	} {
		found := false
		for item, err := range formatNamed(t, "evernote").Read(exchange.Input{Path: "-", Stdin: strings.NewReader(tt.text)}) {
			if err != nil || item.Err != nil {
				t.Errorf("%s: %v, %v", tt.name, err, item.Err)
			}
			found = found || strings.Contains(item.Note.Body, tt.want)
		}
		if !found {
			t.Errorf("%s: %q is not in it", tt.name, tt.want)
		}
	}
}

// TestLinksInZip holds that a link in an archive is told, too.
func TestLinksInZip(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, mode := range map[string]fs.FileMode{"folder/": fs.ModeDir | 0o700, "a.md": 0o600, "passwd.md": fs.ModeSymlink | 0o777} {
		h := &zip.FileHeader{Name: name}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err == nil && !mode.IsDir() {
			_, err = io.WriteString(w, "/etc/passwd")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closeAll(t, z)
	path := filepath.Join(t.TempDir(), "vault.zip")
	write(t, path, b.Bytes())
	want := []string{`"a" "/etc/passwd" []`, "left: links, and what cannot be opened: 1 (passwd.md)"}
	if diff := cmp.Diff(want, brief(t, "folder", path)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestLongTagsInJoplin holds that of titles, which are all kept until the notes
// come, no more is kept than a tag can have. It is not parallel to others, whose
// memory would count.
func TestLongTagsInJoplin(t *testing.T) {
	const tags, size = 16, 4 << 20
	path := filepath.Join(t.TempDir(), "a.jex")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for i := range tags + 1 {
		id := fmt.Sprintf("%032x", i)
		text := strings.Repeat("x", size) + "\n\nid: " + id + "\ntype_: 5"
		if i == tags {
			text = "last\n\nbody\n\nid: " + id + "\ntype_: 1"
		}
		err := w.WriteHeader(&tar.Header{Name: id + ".md", Mode: 0o600, Size: int64(len(text))})
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closeAll(t, w, f)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	notes := 0
	for item, err := range formatNamed(t, "joplin").Read(exchange.Input{Path: path}) {
		if err != nil || item.Err != nil {
			t.Error(err, item.Err)
		}
		notes++
		runtime.GC()
		runtime.ReadMemStats(&after)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); notes != 1 || kept > 4*size {
		t.Errorf("%d notes, for which %d MiB are kept", notes, kept>>20)
	}
}

// TestNamesThatAreNoText holds that whatever a file is called, people are told a
// text.
func TestNamesThatAreNoText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"caf\xe9.md", "caf\xe9.png", strings.Repeat("\xe9", 500) + ".md"} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true})
		if err == nil {
			_, err = io.WriteString(w, "a")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closeAll(t, z)
	path := filepath.Join(t.TempDir(), "vault.zip")
	write(t, path, b.Bytes())
	for item, err := range formatNamed(t, "folder").Read(exchange.Input{Path: path}) {
		if err != nil || item.Err != nil {
			t.Error(err, item.Err)
		}
		for _, s := range append(item.Warnings, item.Place, item.Note.Title) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("%q is told", s)
			}
		}
	}
}

package foreign_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/exchange"
)

// TestOddInputs has what no program exports, and what some do. Of each note the
// title, the body and the tags are compared.
func TestOddInputs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 600) // 1,200 bytes
	enex := func(notes string) string { return `<?xml version="1.0"?><en-export>` + notes + `</en-export>` }
	for _, tt := range []struct {
		name, format string
		file, text   string
		want         []string
	}{
		{"UTF-16 with a mark", "folder", "a.md", "\xff\xfeh\x00\xe9\x00", []string{`"a" "hé" []`}},
		{"UTF-16 the other way round", "folder", "a.md", "\xfe\xff\x00h\x00\xe9", []string{`"a" "hé" []`}},
		{"UTF-8 with a mark and Windows lines", "folder", "a.md", "\ufeff---\r\ntags: x\r\n---\r\n# Hé\r\n\r\nb\r\n", []string{`"Hé" "b\n" [x]`}},
		{"bytes that are no text", "folder", "a.md", "a\xffb\x00c", []string{`"a" "a�bc" []`, "left: characters that are no text: 1 (a.md)"}},
		{"nothing in it", "folder", "a.md", "\n \n", []string{`"a" " \n" []`}},
		{"a title too long", "folder", "a.md", "# " + long + "\n\nb", []string{fmt.Sprintf("%q %q []", long[:1024], long+"\n\nb")}},
		{"more tags than a note has", "folder", "a.md", "---\ntags: [" + manyTags(70) + "]\n---\nb", []string{`"a" "b" 64 tags`, "left: tags beyond the 64 of a note: 6 (t64, t65, t66, t67, t68, …)"}},
		{"a tag too long", "folder", "a.md", "---\ntags: [" + long + "]\n---\nb", []string{`"a" "b" [` + long[:64] + "]", "left: ends of tags longer than 64 bytes: 1 (" + long[:64] + ")"}},
		{"tags that are no words", "folder", "a.md", "---\ntags: ['#', ' ', 'A, B', 'Ünï\u0308']\n---\nb", []string{`"a" "b" [a-b ünï̈]`, "left: tags without a word: 1 (#)"}},
		{"front matter in one line", "folder", "a.md", "---\n{title: x, other: y}\n---\nb", []string{`"a" "---\n{title: x, other: y}\n---\nb" []`}},
		{"front matter without an end", "folder", "a.md", "---\ntitle: x\nb", []string{`"a" "---\ntitle: x\nb" []`}},
		{"an empty front matter", "folder", "a.md", "---\n---\nb", []string{`"a" "b" []`}},
		{"a bomb of aliases", "folder", "a.md", "---\na: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\ntags: [*c,*c,*c]\n---\nx", []string{`"a" "---\na: &a [x,x,x`}},
		{"dates that are none", "folder", "a.md", "---\ncreated: soon\nupdated: [1]\n---\nb", []string{`"a" "---\ncreated: soon\nupdated: [1]\n---\nb" []`}},
		{"hashes that are no tags", "folder", "a.md", "## a\n#1 x#y `#c` ~~~\n```\n#d\n```\n(#e) #f# #g, #h/ `#i", []string{`"a" "## a\n#1 x#y ` + "`#c` ~~~\\n```\\n#d\\n```\\n(#e) #f# #g, #h/ `#i" + `" [g h i]`}},

		{"no rows", "dnote", "d.json", "", []string{"the end: there is nothing of dnote in d.json"}},
		{"half a file", "dnote", "d.json", `[{"uuid":"1","body":"one"},{"uuid":"2","bo`, []string{`"one" "" []`, "failed: d.json: jsontext: unexpected EOF"}},
		{"another type", "dnote", "d.json", `[{"uuid":1,"body":"one"},{"uuid":"2","body":"two"}]`, []string{"failed: d.json, entry 1", `"two" "" []`}},
		{"no list", "dnote", "d.json", `{"uuid":"1"}`, []string{"the end: there is nothing of dnote in d.json"}},
		{"the same id twice", "dnote", "d.json", `[{"uuid":"1","body":"one"},{"uuid":"1","body":"two"}]`, []string{`"one" "" []`, `"two" "" []`}},
		{"an entry longer than any", "dnote", "d.json", `[{"uuid":"1","body":"one"},{"uuid":"2","body":"` + strings.Repeat("x", 17<<20) + `"}]`, []string{`"one" "" []`, "failed: d.json: "}},
		{"a text over 1 MiB", "dnote", "d.json", `[{"uuid":"1","body":"one\n` + strings.Repeat("x", 1<<20+1) + `"},{"uuid":"2","body":"two"}]`, []string{"failed: one: it is longer than any note can be", `"two" "" []`}},
		{
			"a list, code and a number at the top", "dnote", "d.json", `[{"uuid":"1","body":"- [x] one\ntwo"},{"uuid":"2","body":"` + "```" + `\nx"},{"uuid":"3","body":"1. a\n2. b"},{"uuid":"4","body":"v1. a"}]`,
			[]string{`"one" "- [x] one\ntwo" []`, `"" "` + "```" + `\nx" []`, `"a" "1. a\n2. b" []`, `"v1. a" "" []`},
		},
		{"pages in a list", "memos", "m.json", `[{"memos":[{"name":"memos/1","content":"one"}]},{"memos":[{"name":"memos/2","content":"two"}]}]`, []string{`"one" "" []`, `"two" "" []`}},

		{"notebooks in a ring", "joplin", "x", joplin(
			"A\n\nid: 0b0000000000000000000000000000aa\nparent_id: 0b0000000000000000000000000000bb\ntype_: 2",
			"B\n\nid: 0b0000000000000000000000000000bb\nparent_id: 0b0000000000000000000000000000aa\ntype_: 2",
			"N\n\nb\n\nid: 0b0000000000000000000000000000cc\nparent_id: 0b0000000000000000000000000000aa\ntype_: 1",
		), []string{`"N" "b" [a b]`, "left: notebooks within notebooks, now tags side by side: 2 (A, B)"}},

		{"a bomb of entities", "evernote", "x.enex", `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>` +
			enex(`<note><title>T</title><content>&lt;en-note&gt;&b;&c;&lt;/en-note&gt;</content></note>`), []string{`"T" "&b;&c;" []`}},
		{
			"what is not closed", "evernote", "x.enex", `<en-export><note><title>A</title><content><![CDATA[<en-note>a <b>b</en-note>]]></content></note><note><title>B`,
			[]string{`"A" "a **b**" []`, "failed: x.enex: note 2: XML syntax error on line 1: unexpected EOF"},
		},
		{
			"characters that XML has not", "evernote", "x.enex", enex("<note><title>T\x01</title><content><![CDATA[<en-note>a\x02\xff</en-note>]]></content></note>"),
			[]string{`"T�" "a��" []`, "left: characters that are no text: 2 (T�)"},
		},
		{
			"an attachment of 40 MiB", "evernote", "x.enex", enex(`<note><title>T</title><content><![CDATA[<en-note>a &lt;data&gt;</en-note>]]></content><resource><data encoding="base64">` +
				strings.Repeat("QUJD", 10<<20) + `</data><mime>image/png</mime></resource></note><note><title>U</title><content><![CDATA[<en-note>b</en-note>]]></content></note>`),
			[]string{`"T" "a &lt;data&gt;" []`, `"U" "b" []`, "left: attachments: 1 (image/png)"},
		},
		{
			"a text longer than any", "evernote", "x.enex", enex(`<note><title>T</title><content><![CDATA[<en-note>` + strings.Repeat("x", 9<<20) +
				`</en-note>]]></content></note><note><title>U</title><content><![CDATA[<en-note>b</en-note>]]></content></note>`),
			[]string{"failed: T: it is longer than any note can be", `"U" "b" []`},
		},
		{
			"elements without an end to them", "evernote", "x.enex", enex(`<note><title>T</title><content><![CDATA[` + strings.Repeat("<b>", 5000) + `]]></content></note><note><title>U</title></note>`),
			[]string{"failed: T: HTML: html: open stack of elements exceeds 512 nodes", `"U" "" []`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), tt.file)
			if tt.format == "joplin" {
				for i, item := range strings.Split(tt.text, "\x00") {
					write(t, filepath.Join(path, fmt.Sprintf("%032x.md", i)), []byte(item))
				}
			} else {
				write(t, path, []byte(tt.text))
			}
			got := brief(t, tt.format, path)
			for i, want := range tt.want {
				if i >= len(got) || !strings.HasPrefix(got[i], want) {
					t.Fatalf("got\n%.2000s\nwant\n%.2000s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
				}
			}
			if len(got) > len(tt.want) {
				t.Errorf("and then %.2000q", got[len(tt.want):])
			}
		})
	}
}

// brief is what an export has, shorter than read has it.
func brief(t testing.TB, format, path string) []string {
	t.Helper()
	var all []string
	for item, err := range formatNamed(t, format).Read(exchange.Input{Path: path}) {
		tags := fmt.Sprint(item.Note.Tags)
		if len(item.Note.Tags) > 10 {
			tags = fmt.Sprintf("%d tags", len(item.Note.Tags))
		}
		switch {
		case err != nil:
			all = append(all, "the end: "+err.Error())
		case item.Err != nil:
			all = append(all, fmt.Sprintf("failed: %s: %v", item.Place, item.Err))
		case item.Note.ID != "":
			all = append(all, fmt.Sprintf("%q %q %s", item.Note.Title, item.Note.Body, tags))
		}
		for _, w := range item.Warnings {
			all = append(all, fmt.Sprintf("left: %s: %s", item.Place, w))
		}
	}
	return all
}

func manyTags(n int) string {
	var tags []string
	for i := range n {
		tags = append(tags, fmt.Sprintf("t%02d", i))
	}
	return strings.Join(tags, ", ")
}

// joplin is several items, for the one text of a case.
func joplin(items ...string) string { return strings.Join(items, "\x00") }

// TestLinks holds that no link is followed, in the folder or out of it.
func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	vault, outside := filepath.Join(dir, "vault"), filepath.Join(dir, "outside")
	write(t, filepath.Join(outside, "secret.md"), []byte("secret"))
	write(t, filepath.Join(vault, "a.md"), []byte("a"))
	for name, to := range map[string]string{"out.md": filepath.Join(outside, "secret.md"), "folder": outside, "ring": ".", "in.md": "a.md"} {
		if err := os.Symlink(to, filepath.Join(vault, name)); err != nil {
			t.Fatalf("this system makes no symbolic links: %v", err)
		}
	}
	want := []string{`"a" "a" []`, "left: links, and what cannot be opened: 4 (folder, in.md, out.md, ring)"}
	if diff := cmp.Diff(want, brief(t, "folder", vault)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestBombs holds that an entry of an archive that unpacks to more than any note
// is an error of its own, and costs neither its size nor the notes behind it. It
// is not parallel to others, whose memory would count.
func TestBombs(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, entry := range []struct {
		name string
		size int64
	}{{"big.md", 32 << 20}, {"../../up.md", 3}, {"/etc/a.md", 3}, {`c:\b.md`, 3}} {
		w, err := z.Create(entry.name)
		if err == nil {
			_, err = io.CopyN(w, endless{}, entry.size)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closeAll(t, z)
	path := filepath.Join(dir, "vault.zip")
	write(t, path, b.Bytes())

	var got []string
	used := allocated(func() { got = brief(t, "folder", path) })
	want := []string{"failed: big.md: it is longer than any note can be", `"up" "xxx" []`, `"a" "xxx" [etc]`, `"b" "xxx" [c:]`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if used > 128<<20 {
		t.Errorf("%d MiB of memory were taken for an archive of %d bytes", used>>20, b.Len())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("beside the archive there is %v (%v)", left, err)
	}

	b.Reset()
	gz := gzip.NewWriter(&b)
	if _, err := io.CopyN(gz, endless{}, 1<<20); err != nil {
		t.Fatal(err)
	}
	closeAll(t, gz)
	path = filepath.Join(dir, "takeout.tgz")
	write(t, path, b.Bytes())
	if got := brief(t, "keep", path); len(got) != 1 || !strings.HasPrefix(got[0], "the end: takeout.tgz: ") {
		t.Errorf("of a gzip that is no tar came %q", got)
	}
}

// TestLongStream holds that what is attached costs no memory, and that notes of
// which there are many cost no more than one after the other.
func TestLongStream(t *testing.T) {
	note := `<note><title>T</title><content><![CDATA[<en-note>a</en-note>]]></content><resource><data encoding="base64">`
	end := `</data></resource></note>`
	var got string
	used := allocated(func() {
		got = readInput(t, "evernote", exchange.Input{Path: "-", Stdin: io.MultiReader(
			strings.NewReader("<en-export>"+note), io.LimitReader(endless{}, 256<<20), strings.NewReader(end),
			strings.NewReader(note), io.LimitReader(endless{}, 256<<20), strings.NewReader(end+"</en-export>"),
		)})
	})
	if strings.Count(got, `"title":"T"`) != 2 || !strings.Contains(got, "# left: attachments: 2") {
		t.Errorf("of two notes came\n%s", got)
	}
	if used > 16<<20 {
		t.Errorf("%d MiB of memory were taken for two short notes", used>>20)
	}
}

// allocated returns how many bytes do takes.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// endless is a file of one letter.
type endless struct{}

var letters = bytes.Repeat([]byte{'x'}, 1<<20)

func (endless) Read(p []byte) (int, error) { return copy(p, letters), nil }

// TestStdin holds that what is in one file can come through a pipe.
func TestStdin(t *testing.T) {
	t.Parallel()
	for format, file := range map[string]string{"dnote": "dnote.json", "memos": "memos-api.json", "evernote": "evernote.enex"} {
		content, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		got := readInput(t, format, exchange.Input{Path: "-", Stdin: bytes.NewReader(content)})
		if diff := cmp.Diff(read(t, format, filepath.Join("testdata", file)), got); diff != "" {
			t.Errorf("%s: (-file +stdin)\n%s", format, diff)
		}
	}
	got := readInput(t, "joplin", exchange.Input{Path: "-", Stdin: strings.NewReader("")})
	if want := "# the end: what is of joplin cannot come through a pipe: name the file or folder\n"; got != want {
		t.Errorf("of an archive through a pipe came %q", got)
	}
}

package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var updateGolden = flag.Bool("update-golden", false, "write the rendered Markdown of testdata/markdown")

func TestRenderMarkdown(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("testdata/markdown/*.md")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, source := range sources {
		for ext, color := range map[string]bool{".txt": false, ".ansi": true} {
			golden := strings.TrimSuffix(source, ".md") + ext
			t.Run(filepath.Base(golden), func(t *testing.T) {
				t.Parallel()
				got := render(t, fileText(t, source), 40, color)
				if *updateGolden {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(fileText(t, golden), got); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			})
		}
	}
}

// TestRenderMarkdownColour: colour only adds to the text, but for the marks that
// stand in its place.
func TestRenderMarkdownColour(t *testing.T) {
	t.Parallel()
	const source = "# T\n\nplain [l](u)\n\n- a\n\n> q\n\n    code\n\n| a |\n|---|\n| b |\n"
	if diff := cmp.Diff(render(t, source, 80, false), sgr.ReplaceAllString(render(t, source, 80, true), "")); diff != "" {
		t.Errorf("without, with colour:\n%s", diff)
	}
}

// TestRenderMarkdownBounded renders what makes a Markdown parser slow or deep:
// each of these takes goldmark alone minutes or more memory than there is. Here
// each takes about half a second, and the limit leaves room for a busy machine.
func TestRenderMarkdownBounded(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{
		"*a_ ", "_a __b ", "[a](", "![", "` `` ``` ", "<!-- ", "[", "~a ", // spans
		"> ", ">", "- ", "1. ", // blocks inside blocks
		"[a]: b\n", "|-", "a|\n", ")", "\t", "世", "\u0301",
	} {
		head := ""
		switch unit {
		case ")":
			head = "http://a"
		case "a|\n":
			head = strings.Repeat("h|", 100) + "\n" + strings.Repeat("-|", 100) + "\n"
		case "\t":
			head = "    x"
		}
		source := head + strings.Repeat(unit, api1MiB/len(unit))
		start := time.Now()
		if err := renderMarkdown(io.Discard, source, 80, true); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("1 MiB of %q took %v", unit, took)
		}
	}
}

const api1MiB = 1 << 20

func BenchmarkRenderMarkdown(b *testing.B) {
	source := strings.Repeat(fileText(b, "testdata/markdown/inline.md")+fileText(b, "testdata/markdown/lists.md")+
		fileText(b, "testdata/markdown/tables.md"), 1000)[:api1MiB]
	b.SetBytes(api1MiB)
	for b.Loop() {
		if err := renderMarkdown(io.Discard, source, 80, true); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzRenderMarkdown(f *testing.F) {
	sources, _ := filepath.Glob("testdata/markdown/*.md")
	for _, source := range sources {
		f.Add(fileText(f, source), uint8(40), true)
	}
	f.Fuzz(func(t *testing.T, source string, width uint8, color bool) {
		out := render(t, source, int(width), color)
		if color {
			out = sgr.ReplaceAllString(out, "")
		}
		if !utf8.ValidString(out) {
			t.Errorf("not UTF-8: %q", out)
		}
		if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && unicode.IsControl(r) || isUnsafe(r) }); i >= 0 {
			t.Errorf("%q in %q", out[i:i+1], out)
		}
	})
}

// sgr is what the renderer may emit beside text.
var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func render(t testing.TB, source string, width int, color bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := renderMarkdown(&b, source, width, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func fileText(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

package main

import (
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// A transcript is the same in whatever pieces the output comes.
func TestTranscript(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"text", "héllo\n日本\t🎉\n", "héllo\n日本\t🎉\n"},
		{"line ends", "a\r\nb\rc\r", "a\nb\nc\n"},
		{"colours", "\x1b[1;31mred\x1b[0m \x1b[38:5:1mx\x1b[m", "red x"},
		{"other sequences", "\x1b]0;title\a\x1b[2J\x1b[", `\x1b]0;title\x07\x1b[2J\x1b[`},
		{"no text", "\x00\xff\xe6\x97", `\x00\xff\xe6\x97`},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, step := range []int{1, 2, 3, 100} {
				tr := transcript{limit: 1000}
				s := &stream{t: &tr}
				for rest := tt.in; rest != ""; {
					n := min(step, len(rest))
					if _, err := s.Write([]byte(rest[:n])); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				s.close()
				var got strings.Builder
				tr.writeTo(&got)
				if got.String() != tt.want {
					t.Errorf("in pieces of %d: %q, want %q", step, got.String(), tt.want)
				}
			}
		})
	}
}

// Of a long output the beginning and the end are kept, whole characters, and the
// number between them is that of the bytes left out.
func TestTranscriptOfALongOutput(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, 1, 29, 30, 31, 32, 33, 60, 1000} {
		text := strings.Repeat("é日", length)
		tr := transcript{limit: 151}
		s := &stream{t: &tr}
		for _, r := range text {
			if _, err := s.Write([]byte(string(r))); err != nil {
				t.Fatal(err)
			}
		}
		s.close()
		var b strings.Builder
		tr.writeTo(&b)
		got := b.String()
		head, rest, cut := strings.Cut(got, "\n[… ")
		if !cut {
			if got != text || len(text) > tr.limit {
				t.Errorf("%d bytes: nothing is left out of %d", len(got), len(text))
			}
			continue
		}
		number, tail, ok := strings.Cut(rest, " bytes are left out …]\n")
		left := len(text) - len(head) - len(tail)
		if !ok || !utf8.ValidString(got) || !strings.HasPrefix(text, head) || !strings.HasSuffix(text, tail) ||
			number != strconv.Itoa(left) || len(head)+len(tail) > tr.limit || len(head)+len(tail) < tr.limit-10 {
			t.Errorf("of %d bytes: %q", len(text), got)
		}
	}
}

// Whatever a program writes, in whatever pieces, a note can hold it.
func FuzzTranscript(f *testing.F) {
	f.Add([]byte("a\x1b[31mb\x1b[0m\r\n\xe6\x97\xa5\xff\x00"), 3, 40)
	f.Add([]byte("\x1b[1\x1b[mé\r"), 1, 8)
	f.Add([]byte("\x1b[00000000000000000000000000000m\x1b[000000000000000000000000000000m"), 1, 200)
	f.Fuzz(func(t *testing.T, out []byte, step, limit int) {
		if step < 1 || limit < 8 || limit > 1<<16 {
			return
		}
		var texts []string
		for _, step := range []int{step, len(out) + 1} {
			tr := transcript{limit: limit}
			s := &stream{t: &tr}
			for rest := out; len(rest) > 0; {
				n := min(step, len(rest))
				if _, err := s.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			s.close()
			var b strings.Builder
			tr.writeTo(&b)
			texts = append(texts, b.String())
		}
		got := texts[0]
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b\r\x7f") || len(got) > limit+60 {
			t.Errorf("%q in pieces of %d is %q", out, step, got)
		}
		if texts[1] != got {
			t.Errorf("%q in pieces of %d is %q, and whole %q", out, step, got, texts[1])
		}
	})
}

// Whatever a command is and writes, its note is one that the server takes.
func TestExecutionFits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"`", "x", "\xff", "é"} {
		e := execution{words: []string{strings.Repeat(text, maxCommand)}, output: transcript{limit: maxOutput}}
		s := stream{t: &e.output}
		if _, err := io.WriteString(&s, strings.Repeat(text, api.MaxBody)); err != nil {
			t.Fatal(err)
		}
		n := api.NewNote{Title: e.title(), Body: e.text()}
		if err := n.Validate(); err != nil {
			t.Errorf("%q: %d bytes: %v", text, len(n.Body), err)
		}
	}
}

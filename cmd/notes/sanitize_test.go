package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSanitize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want, line string }{
		{"", "", ""},
		{"plain, ünïcode, 漢字, 👩‍👩‍👧, שלום", "plain, ünïcode, 漢字, 👩‍👩‍👧, שלום", "plain, ünïcode, 漢字, 👩‍👩‍👧, שלום"},
		{"a\tb\nc", "a\tb\nc", `a\tb\nc`},
		{"a\r\nb", "a\nb", `a\r\nb`},
		{"over\rwritten", `over\rwritten`, `over\rwritten`},
		{"\x1b[2J\x07\x00\x7f", `\x1b[2J\x07\x00\x7f`, `\x1b[2J\x07\x00\x7f`},
		{"C1 \u009b31m", `C1 \u009b31m`, `C1 \u009b31m`},
		{"bidi \u202e\u2066\u2069", `bidi \u202e\u2066\u2069`, `bidi \u202e\u2066\u2069`},
		{"lines \u2028\u2029", `lines \u2028\u2029`, `lines \u2028\u2029`},
		{"bad \xff\xc0 UTF-8 \ufffd", `bad \xff\xc0 UTF-8 ` + "\ufffd", `bad \xff\xc0 UTF-8 ` + "\ufffd"},
		{`a\x1b as typed`, `a\x1b as typed`, `a\x1b as typed`},
	} {
		if got := sanitize(tt.in); got != tt.want {
			t.Errorf("sanitize(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if got := sanitizeLine(tt.in); got != tt.line {
			t.Errorf("sanitizeLine(%q) = %q, want %q", tt.in, got, tt.line)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{"", "a\tb\r\nc\r", "\x1b]0;t\a", "\u009b\u202e\ufeff", "\xff\xed\xa0\x80", "👩‍👩‍👧"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		safe, line := sanitize(s), sanitizeLine(s)
		for _, out := range []string{safe, line} {
			if !utf8.ValidString(out) || strings.ContainsFunc(out, isUnsafe) {
				t.Errorf("%q became %q", s, out)
			}
			if again := sanitize(out); again != out {
				t.Errorf("%q is escaped again, to %q", out, again)
			}
		}
		if strings.ContainsAny(line, "\n\t") {
			t.Errorf("%q is more than a line", line)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, isUnsafe) && safe != s {
			t.Errorf("%q was safe and became %q", s, safe)
		}
	})
}

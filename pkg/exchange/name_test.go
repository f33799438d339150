package exchange_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	const end = "k3v9c0x7m2qa.md"
	for title, want := range map[string]string{
		"":                             end,
		"Buy milk":                     "buy-milk-" + end,
		"  ¿Qué? -- 10/2026 ":          "qué-10-2026-" + end,
		"Ἀθῆναι":                       "ἀθῆναι-" + end,
		"東京 駅":                         "東京-駅-" + end,
		"हिन्दी":                       "हिन्दी-" + end,
		"❤\ufe0f list":                 "list-" + end,
		"\u202egpj.exe":                "gpj-exe-" + end,
		"con":                          "con-" + end,
		"COM1.txt":                     "com1-txt-" + end,
		"../../.ssh/authorized_keys":   "ssh-authorized-keys-" + end,
		`C:\a*b?"<c>|d`:                "c-a-b-c-d-" + end,
		"name. ":                       "name-" + end,
		"🙂":                            end,
		strings.Repeat("x", 1000):      strings.Repeat("x", 121) + "-" + end,
		strings.Repeat("語", 300):       strings.Repeat("語", 40) + "-" + end,
		strings.Repeat("x", 120) + "語": strings.Repeat("x", 120) + "-" + end,
	} {
		n := note(title, "")
		if got := exchange.FileName(n); got != want {
			t.Errorf("%q is %q, want %q", title, got, want)
		}
		checkName(t, n)
	}
}

// checkName wants a name that no file system refuses or takes for another one.
func checkName(t *testing.T, n api.PortableNote) {
	t.Helper()
	name := exchange.FileName(n)
	base := strings.TrimSuffix(name, ".md")
	switch {
	case len(name) > 143:
		t.Errorf("%q: %d bytes", name, len(name))
	case !strings.HasSuffix(name, n.ID+".md"):
		t.Errorf("%q does not end in the id", name)
	case strings.HasPrefix(name, "-") || strings.ContainsFunc(base, notInName):
		t.Errorf("%q holds what some file system or shell gives a meaning", name)
	}
}

func notInName(r rune) bool {
	return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) || r == unicode.ReplacementChar
}

package exchange_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

func at(day int) api.Time {
	return api.TimeOf(time.Date(2026, 1, day, 12, 0, 0, 123_000_000, time.UTC))
}

// note returns a note with something in every field.
func note(title, body string) api.PortableNote {
	return api.PortableNote{
		ID: "k3v9c0x7m2qa", Title: title, Body: body, Tags: []string{"home", "to-do"}, Pinned: true, Archived: true,
		CreatedAt: at(1), UpdatedAt: at(2), TrashedAt: new(at(3)),
	}
}

func TestMarshal(t *testing.T) {
	t.Parallel()
	want := `---
id: "k3v9c0x7m2qa"
title: "\"Crème\" \\ 🙂\tbrûlée\n語\u0007\u00A0"
tags: ["home", "to-do"]
pinned: true
archived: true
created_at: 2026-01-01T12:00:00.123Z
updated_at: 2026-01-02T12:00:00.123Z
trashed_at: 2026-01-03T12:00:00.123Z
---
- milk
`
	got := string(exchange.Marshal(note("\"Crème\" \\ 🙂\tbrûlée\n語\a\u00a0", "- milk\n")))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRoundTrip: what a file holds is what went in, whatever it is.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range oddities {
		for _, n := range []api.PortableNote{note(text, "body"), note("title", text), {ID: "000000000012", Tags: []string{}, Title: text}} {
			roundTrip(t, n)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		roundTrip(t, note(oddText(r), oddText(r)))
	}
}

// oddities are texts that something on the way might take for its own.
var oddities = []string{
	"", " ", "\n", "---\n", "---\ntitle: x\n---\n", "--- \n", "...", "%YAML 1.2", "no newline", "trailing  ", "\r\nCRLF\r\n", "\r",
	"\ufeffBOM", "\u2028\u2029\u0085", "\x01\x7f\u009f", "null", "~", "yes", "0x1f", "1e3", "2026-01-31", "12:30:45", ".inf", "[a, b]", "{a: b}",
	"a: b", "a #b", "# a", "'", `"`, `\`, `\n`, "`", "@", "!!binary aGk=", "&a *a", "|", ">", "- a", "? a", "<<: *a", "🙂", "\U0010ffff", "\ufffd",
	"e\u0301", "\u0301", "مرحبا", "\u202eevil", strings.Repeat("long ", 300), "tab\there", "\x1b[31m",
}

func oddText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(oddities[r.IntN(len(oddities))])
		if c := rune(r.IntN(0x2fff)); r.IntN(2) == 0 && utf8.ValidRune(c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func roundTrip(t *testing.T, n api.PortableNote) {
	t.Helper()
	file := exchange.Marshal(n)
	got, err := exchange.Parse(file)
	if err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	if diff := cmp.Diff(n, got); diff != "" {
		t.Fatalf("(-went in +came out):\n%s\n%s", diff, file)
	}
	front, _, ok := exchange.FrontMatter(file)
	var plain map[string]any // what any other YAML reader sees
	if err := yaml.Unmarshal(front, &plain); !ok || err != nil || plain["title"] != n.Title || plain["id"] != n.ID {
		t.Fatalf("other programs read %q, %v", plain, err)
	}
}

func TestParseEdited(t *testing.T) {
	t.Parallel()
	const times = "created_at: 2026-01-01T12:00:00.123Z\nupdated_at: '2026-01-02T14:00:00.1234+02:00'\n"
	for _, tt := range []struct {
		name, file string
		want       api.PortableNote
	}{
		{
			"by hand", "---\nid: k3v9c0x7m2qa\n# mine\ntitle: 2024\ntags:\n  - 12\n  - a\n" + times + "---\nbody",
			api.PortableNote{Title: "2024", Tags: []string{"12", "a"}, Body: "body"},
		},
		{
			"on Windows", strings.ReplaceAll("\ufeff---\nid: k3v9c0x7m2qa\ntitle: Crème\n"+times+"trashed_at:\n---\nbody\n", "\n", "\r\n"),
			api.PortableNote{Title: "Crème", Tags: []string{}, Body: "body\r\n"},
		},
		{
			"folded", "---\ntitle: >-\n  a\n  b\nid: k3v9c0x7m2qa\n" + times + "---",
			api.PortableNote{Title: "a b", Tags: []string{}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.ID, tt.want.CreatedAt, tt.want.UpdatedAt = "k3v9c0x7m2qa", at(1), at(2)
			got, err := exchange.Parse([]byte(tt.file))
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	const times = "created_at: 2026-01-01T12:00:00Z\nupdated_at: 2026-01-01T12:00:00Z\n"
	const ours = "id: k3v9c0x7m2qa\n" + times
	for _, tt := range []struct {
		name, file string
		foreign    bool
		want       string // in the error
	}{
		{name: "nothing", foreign: true},
		{name: "no front matter", file: "# Title\n", foreign: true},
		{name: "a rule", file: "text\n---\n" + ours + "---\n", foreign: true},
		{name: "no end", file: "---\n" + ours, foreign: true},
		{name: "an end far away", file: "---\n" + ours + strings.Repeat("#\n", exchange.MaxFrontMatter) + "---\n", foreign: true},
		{name: "no YAML", file: "---\n\tid: :\n---\n", foreign: true},
		{name: "somebody else's", file: "---\ntitle: x\naliases: [y]\n---\n", foreign: true},
		{name: "an id and no time", file: "---\nid: k3v9c0x7m2qa\ncreated_at: 2026-01-01T12:00:00Z\n---\n", foreign: true},
		{name: "a field more", file: "---\n" + ours + "rating: 5\n---\n", want: "rating"},
		{name: "a field twice", file: "---\n" + ours + "title: a\ntitle: b\n---\n", foreign: true},
		{name: "two documents", file: "---\n" + ours + "... \n" + ours + "---\n", foreign: true},
		{name: "not an id", file: "---\nid: ../../etc\n" + times + "---\n", want: "not an id"},
		{name: "a time that is none", file: "---\n" + ours + "trashed_at: yesterday\n---\n", want: "trashed_at is not an RFC 3339 time"},
		{name: "a list for a title", file: "---\n" + ours + "title: [a]\n---\n", want: "cannot construct"},
		{name: "maybe pinned", file: "---\n" + ours + "pinned: maybe\n---\n", want: "maybe"},
		{name: "bytes", file: "---\n" + ours + "title: \"\xff\"\n---\n", foreign: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := exchange.Parse([]byte(tt.file))
			if errors.Is(err, exchange.ErrNotOurs) != tt.foreign || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v, %v", n, err)
			}
		})
	}
}

// FuzzFrontMatter wants of any file that it is read or refused, and of one that
// was read that it comes out again as it was read.
func FuzzFrontMatter(f *testing.F) {
	for _, text := range oddities {
		f.Add(exchange.Marshal(note(text, text)))
	}
	f.Add([]byte("---\nid: k3v9c0x7m2qa\ntitle: &a [*a]\n---\n"))
	f.Add([]byte("---\r\ntitle: |\r\n  x\r\n---\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		front, body, ok := exchange.FrontMatter(file)
		if !strings.HasSuffix(string(file), string(body)) || ok && len(front)+len(body) > len(file) {
			t.Errorf("%q and %q are not of %q", front, body, file)
		}
		n, err := exchange.Parse(file)
		if err != nil {
			return
		}
		again, err := exchange.Parse(exchange.Marshal(n))
		if diff := cmp.Diff(n, again); diff != "" || err != nil {
			t.Errorf("%v (-read +read again):\n%s", err, diff)
		}
	})
}

// FuzzTitle wants of any title that the file holds it and has a safe name.
func FuzzTitle(f *testing.F) {
	for _, text := range oddities {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, title, body string) {
		if !utf8.ValidString(title) || !utf8.ValidString(body) || len(title) > api.MaxTitle || strings.ContainsRune(title+body, 0) {
			return
		}
		n := note(title, body)
		roundTrip(t, n)
		checkName(t, n)
	})
}

package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

func TestSplitText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", api.MaxTitle/2)
	for _, tt := range []struct{ text, title, body string }{
		{"", "", ""},
		{"Title", "Title", ""},
		{"Title\n", "Title", ""},
		{"Title\n\n", "Title", ""},
		{"Title\n\nbody\n", "Title", "body\n"},
		{"Title\nbody", "Title", "body"},
		{"Title\n\n\nbody", "Title", "\nbody"},
		{"Title\r\n\r\nbody\r\n", "Title", "body\r\n"},
		{" Title \t\n \nbody", "Title", " \nbody"},
		{"\nbody", "", "body"},
		{long, long, ""},
		{long + "!\nbody", long, long + "!\nbody"},
		{"x" + long + "\nbody", "x" + long[:len(long)-2], "x" + long + "\nbody"}, // no half character
	} {
		if title, body := splitText(tt.text); title != tt.title || body != tt.body {
			t.Errorf("%q: title %q, body %q", tt.text, title, body)
		}
	}
}

// FuzzText holds that show and edit give a text that add and edit take back as
// the same note.
func FuzzText(f *testing.F) {
	f.Add("Title", "body\n")
	f.Add("", "\n\nbody")
	f.Add("Title", "\r\nbody")
	f.Fuzz(func(t *testing.T, title, body string) {
		title = strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(title))
		if len(title) > api.MaxTitle {
			return
		}
		gotTitle, gotBody := splitText(joinText(title, body))
		if gotTitle != title || gotBody != body {
			t.Errorf("%q, %q came back as %q, %q", title, body, gotTitle, gotBody)
		}
		if p := patchText(joinText(title, body), joinText(title, body), true); p != (api.NotePatch{}) {
			t.Errorf("no change is the change %+v", p)
		}
	})
}

func TestNormalServer(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"http://127.0.0.1:7070/":            "http://127.0.0.1:7070",
		"HTTPS://Notes.Example.org:443":     "https://notes.example.org",
		"http://[::1]:80":                   "http://[::1]",
		"https://example.org/under/notes//": "https://example.org/under/notes",
		"https://example.org:8443":          "https://example.org:8443",
		"example.org":                       "example.org",
	} {
		if got := normalServer(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

func TestQuoteArg(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"/home/ann/a.md", "/home/ann/it's here.md", "/a/$HOME/`x`/\"y\".md", "a//b", "", "two\nlines", "{a,b}", "é", "=%+"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+quoteArg(arg)).Output()
		if err != nil || string(out) != arg {
			t.Errorf("%s: the shell reads %s, %v", arg, out, err)
		}
	}
}

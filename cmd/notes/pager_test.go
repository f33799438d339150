package main

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// env is an environment as os.LookupEnv reads it.
func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestPagerCommand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"NOTES_PAGER", "less -R", "PAGER", "more"}, "less -R"},
		{[]string{"PAGER", "more"}, "more"},
		{[]string{"NOTES_PAGER", "", "PAGER", "more"}, ""},
		{[]string{"NOTES_PAGER", " cat "}, ""},
		{[]string{"PAGER", "cat"}, ""},
		{[]string{"PAGER", ""}, ""},
	} {
		if got := pagerCommand(env(tt.env...)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.env, got, tt.want)
		}
	}
}

func TestPagerEnv(t *testing.T) {
	t.Parallel()
	got := pagerEnv([]string{"HOME=/", "NOTES_TOKEN=npat_secret", "NOTES_SERVER=s"})
	if want := []string{"HOME=/", "NOTES_SERVER=s", "LESS=FRX"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := pagerEnv([]string{"LESS=S"}); !slices.Equal(got, []string{"LESS=S"}) {
		t.Errorf("LESS was changed: %q", got)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	write := func(w io.Writer) error {
		_, err := io.WriteString(w, "text\n")
		return err
	}
	for _, tt := range []struct {
		name, pager, want string
		tty               bool
	}{
		{"a command line with quotes", `tr 'a-z' 'A-Z'`, "TEXT\n", true},
		{"no terminal, no pager", `tr 'a-z' 'A-Z'`, "text\n", false},
		{"turned off", "", "text\n", true},
	} {
		var out bytes.Buffer
		p := &printer{Writer: &out, tty: tt.tty}
		if err := p.page(env("NOTES_PAGER", tt.pager), write); err != nil || out.String() != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.name, out.String(), err, tt.want)
		}
	}
}

func TestPageEarlyQuit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &printer{Writer: &out, tty: true}
	err := p.page(env("NOTES_PAGER", "head -n 1"), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Repeat("a line\n", 1<<20))
		return err
	})
	if err != nil || out.String() != "a line\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestPageErrors(t *testing.T) {
	t.Parallel()
	p := &printer{Writer: io.Discard, tty: true}
	own := errors.New("from the server")
	if err := p.page(env("NOTES_PAGER", "cat >&2"), func(io.Writer) error { return own }); !errors.Is(err, own) {
		t.Errorf("got %v, want the writer's own error", err)
	}
	if err := p.page(env("NOTES_PAGER", "exit 3"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a pager that failed is no error")
	}
}

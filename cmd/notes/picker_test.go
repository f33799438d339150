package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func pickerOf(texts ...string) *picker {
	p := &picker{}
	for i, text := range texts {
		p.notes = append(p.notes, pickable{fmt.Sprint(i), text})
	}
	p.filter(p.all())
	return p
}

func shown(p *picker) (texts []string) {
	for _, f := range p.found {
		texts = append(texts, p.notes[f.note].text)
	}
	return texts
}

func TestPicker(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"", []string{"Shopping list #home", "Plan for May", "Über uns", "a\\x1b[2Jb"}},
		{"shl", []string{"Shopping list #home"}},
		{"LIST home", []string{"Shopping list #home"}},
		{"home list", []string{"Shopping list #home"}},
		{"pl", []string{"Plan for May", "Shopping list #home"}},
		{"ÜBER", []string{"Über uns"}},
		{"xyz", nil},
		{"list xyz", nil},
	} {
		p := pickerOf("Shopping list #home", "Plan for May", "Über uns", "a\\x1b[2Jb")
		for _, r := range tt.query {
			p.press(keyPress{keyRune, r}, 10)
		}
		if diff := cmp.Diff(tt.want, shown(p)); diff != "" {
			t.Errorf("%q: %s", tt.query, diff)
		}
	}
}

// The choice goes up and down within what is found, and stays with its note when
// more of them come.
func TestPickerChoice(t *testing.T) {
	t.Parallel()
	p := pickerOf("one", "two", "three")
	for _, step := range []struct {
		key  key
		want string
	}{
		{keyUp, "0"}, {keyDown, "1"}, {keyPageDown, "2"}, {keyDown, "2"}, {keyPageUp, "0"}, {keyDown, "1"},
	} {
		if p.press(keyPress{key: step.key}, 10); p.id() != step.want {
			t.Fatalf("after %v %q is chosen, want %q", step.key, p.id(), step.want)
		}
	}
	p.setQuery([]rune("o"))
	p.press(keyPress{key: keyDown}, 10)
	chosen := p.id()
	p.add([]pickable{{"9", "o"}})
	if p.id() != chosen || len(p.found) != 3 {
		t.Errorf("%q is chosen of %q, and was %q", p.id(), shown(p), chosen)
	}
	p.setQuery([]rune("zzz"))
	if done := p.press(keyPress{key: keyEnter}, 10); done || p.id() != "" {
		t.Errorf("nothing was picked as %q", p.id())
	}
	p.setQuery([]rune("some words "))
	if p.press(keyPress{key: keyWord}, 10); string(p.query) != "some " {
		t.Errorf("a word less is %q", string(p.query))
	}
	if p.press(keyPress{key: keyClear}, 10); len(p.found) != 4 {
		t.Errorf("all are %q", shown(p))
	}
}

func TestNextKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typed string
		want  keyPress
		rest  string
		ok    bool
	}{
		{"ab", keyPress{keyRune, 'a'}, "b", true},
		{"é", keyPress{keyRune, 'é'}, "", true},
		{"\xc3", keyPress{}, "\xc3", false},
		{"\xffa", keyPress{}, "a", true},
		{"\r", keyPress{key: keyEnter}, "", true},
		{"\x03x", keyPress{key: keyCancel}, "x", true},
		{"\x7f", keyPress{key: keyBackspace}, "", true},
		{"\x01", keyPress{}, "", true},
		{"\u202e", keyPress{}, "", true},
		{"\x1b", keyPress{}, "\x1b", false},
		{"\x1b[", keyPress{}, "\x1b[", false},
		{"\x1b[1;5", keyPress{}, "\x1b[1;5", false},
		{"\x1bO", keyPress{}, "\x1bO", false},
		{"\x1b[Ax", keyPress{key: keyUp}, "x", true},
		{"\x1bOB", keyPress{key: keyDown}, "", true},
		{"\x1b[6~\r", keyPress{key: keyPageDown}, "\r", true},
		{"\x1b[1;5Cx", keyPress{}, "x", true},
		{"\x1bfx", keyPress{}, "x", true},
	} {
		got, rest, ok := nextKey(tt.typed)
		if got != tt.want || rest != tt.rest || ok != tt.ok {
			t.Errorf("%q is %v, %q, %v", tt.typed, got, rest, ok)
		}
	}
}

// A key costs no wait among 100,000 notes.
func BenchmarkPickerKey(b *testing.B) {
	p := &picker{}
	for i := range 100_000 {
		p.notes = append(p.notes, pickable{fmt.Sprint(i), fmt.Sprintf("Notes of meeting %d about the plans of the house #work #y%d", i, i%30)})
	}
	v := &pickView{p: newPrinter(io.Discard, os.Getenv, "never", time.Now)}
	p.filter(p.all())
	screen, nothing, query := "", []rune{}, []rune("meet 99 house")
	for b.Loop() {
		p.setQuery(nothing)
		p.setQuery(query)
		screen = v.draw(p)
	}
	if !strings.Contains(screen, "meeting") {
		b.Fatal(screen)
	}
}

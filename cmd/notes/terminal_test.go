package main

import (
	"io"
	"testing"
	"time"

	"github.com/creack/pty"
)

func TestNewPrinter(t *testing.T) {
	t.Parallel()
	control, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = terminal.Close()
		_ = control.Close()
	})
	if err := pty.Setsize(control, &pty.Winsize{Rows: 40, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		out        io.Writer
		env        map[string]string
		mode       string
		tty, color bool
		width      int
	}{
		{"terminal", terminal, nil, "auto", true, true, 100},
		{"pipe", io.Discard, nil, "auto", false, false, 80},
		{"no colour", terminal, map[string]string{"NO_COLOR": "1"}, "auto", true, false, 100},
		{"empty NO_COLOR is none", terminal, map[string]string{"NO_COLOR": ""}, "auto", true, true, 100},
		{"dumb terminal", terminal, map[string]string{"TERM": "dumb"}, "auto", true, false, 100},
		{"never", terminal, nil, "never", true, false, 100},
		{"always in a pipe", io.Discard, nil, "always", false, true, 80},
		{"the flag beats NO_COLOR", terminal, map[string]string{"NO_COLOR": "1"}, "always", true, true, 100},
		{"forced", io.Discard, map[string]string{"NOTES_FORCE_TTY": "true"}, "auto", true, true, 80},
		{"forced width", io.Discard, map[string]string{"NOTES_FORCE_TTY": "120"}, "auto", true, true, 120},
		{"forced part", terminal, map[string]string{"NOTES_FORCE_TTY": "50%"}, "auto", true, true, 50},
		{"forced nonsense", terminal, map[string]string{"NOTES_FORCE_TTY": "-5"}, "auto", true, true, 100},
	} {
		p := newPrinter(tt.out, func(name string) string { return tt.env[name] }, tt.mode, time.Now)
		if p.tty != tt.tty || p.color != tt.color || p.width != tt.width {
			t.Errorf("%s: tty %v, colour %v, width %d; want %v, %v, %d", tt.name, p.tty, p.color, p.width, tt.tty, tt.color, tt.width)
		}
	}
}

func TestStyle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want style }{
		{plain.and(bold), bold},
		{bold.and(plain), bold},
		{bold.and(italic), "1;3"},
		{bold.and(italic).and(bold), "1;3"},
		{red.and(bold), "31;1"}, // "1" is in "31", but bold is not in red
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if got := (&printer{color: true}).paint(red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
	if got := (&printer{}).paint(red, "x"); got != "x" {
		t.Errorf("without colour: %q", got)
	}
}

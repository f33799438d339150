package main

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

// printer is where a command writes its data, and what is known of the place.
// On a terminal people read it: tables, colours, relative times, nothing
// unescaped. Otherwise a program does: bytes as they are, one record a line.
type printer struct {
	io.Writer
	tty    bool // a person reads this
	color  bool
	width  int // columns and lines, 80 and 24 where they are not known
	height int
	now    func() time.Time
}

// newPrinter looks at out and the environment. colorMode is the --color flag:
// auto, always or never.
func newPrinter(out io.Writer, getenv func(string) string, colorMode string, now func() time.Time) *printer {
	p := &printer{Writer: out, tty: isTerminal(out), width: 80, height: 24, now: now}
	if w, h, ok := terminalSize(out); ok {
		p.width, p.height = w, h
	}
	if force := getenv("NOTES_FORCE_TTY"); force != "" {
		p.tty = true
		p.width = forcedWidth(force, p.width)
	}
	p.color = wantColor(colorMode, p.tty, getenv)
	return p
}

// fder is what an *os.File has and a buffer has not.
type fder interface{ Fd() uintptr }

// isTerminal reports whether v, a stream, is a terminal.
func isTerminal(v any) bool {
	f, ok := v.(fder)
	return ok && term.IsTerminal(int(f.Fd()))
}

func terminalSize(v any) (width, height int, ok bool) {
	f, ok := v.(fder)
	if !ok {
		return 0, 0, false
	}
	width, height, err := term.GetSize(int(f.Fd()))
	return width, height, err == nil && width > 0 && height > 0
}

// forcedWidth reads NOTES_FORCE_TTY as gh reads GH_FORCE_TTY: a number is the
// width, a percentage a part of it, and anything else leaves it as it is.
func forcedWidth(force string, width int) int {
	if n, err := strconv.Atoi(force); err == nil && n > 1 {
		return n
	}
	if percent, ok := strings.CutSuffix(force, "%"); ok {
		if n, err := strconv.Atoi(percent); err == nil && 0 < n && n <= 100 {
			return max(width*n/100, 1)
		}
	}
	return width
}

// wantColor decides whether to colour: what the flag says, else on a terminal
// that can, unless NO_COLOR (https://no-color.org) is set.
func wantColor(mode string, tty bool, getenv func(string) string) bool {
	switch mode {
	case "always":
		return true
	case "never":
		return false
	}
	return tty && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// style is what a piece of text looks like: the parameters of an SGR sequence.
type style string

const (
	plain     style = ""
	bold      style = "1"
	dim       style = "2"
	italic    style = "3"
	underline style = "4"
	strike    style = "9"
	red       style = "31"
	green     style = "32"
	yellow    style = "33"
	blue      style = "34"
	magenta   style = "35"
	cyan      style = "36"
)

const resetStyle = "\x1b[0m"

// and returns both styles together.
func (s style) and(t style) style {
	switch {
	case s == plain:
		return t
	case t == plain || slices.Contains(strings.Split(string(s), ";"), string(t)):
		return s
	}
	return s + ";" + t
}

// start is the sequence that begins the style; resetStyle ends it.
func (s style) start() string {
	if s == plain {
		return ""
	}
	return "\x1b[" + string(s) + "m"
}

// paint returns text in this style when the printer colours, and as it is
// otherwise.
func (p *printer) paint(s style, text string) string {
	if !p.color || s == plain || text == "" {
		return text
	}
	return s.start() + text + resetStyle
}

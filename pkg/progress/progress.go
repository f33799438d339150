// Package progress says on a terminal how far a command has come.
package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/term"
)

const (
	every = 100 * time.Millisecond // is how often a line is drawn anew
	width = 24                     // of the bar, in characters
)

// Line is a line at the bottom of a terminal. Elsewhere it is nothing.
type Line struct {
	w     io.Writer // nil: there is no terminal
	now   func() time.Time
	drawn time.Time // zero: there is no line now
}

// New returns a line that is not drawn yet, at the bottom of w if that is a
// terminal.
func New(w io.Writer, now func() time.Time) *Line {
	l := &Line{now: now}
	if f, ok := w.(interface{ Fd() uintptr }); ok && term.IsTerminal(int(f.Fd())) {
		l.w = w
	}
	return l
}

// Draw says how many things are done, and how much of all that is; 0: nobody
// knows. What they are follows the number.
func (l *Line) Draw(done int, what string, part float64) {
	if l.w == nil {
		return
	}
	now := l.now()
	if now.Sub(l.drawn) < every {
		return
	}
	l.drawn = now
	bar := ""
	if part > 0 {
		full := int(min(part, 1) * width)
		bar = fmt.Sprintf("[%s%s] %3.0f %%  ", strings.Repeat("#", full), strings.Repeat("-", width-full), min(part, 1)*100)
	}
	_, _ = fmt.Fprintf(l.w, "\r\x1b[K%s%d %s", bar, done, what)
}

// Clear takes the line away, before something else is said.
func (l *Line) Clear() {
	if l.w != nil && !l.drawn.IsZero() {
		_, _ = io.WriteString(l.w, "\r\x1b[K")
		l.drawn = time.Time{}
	}
}

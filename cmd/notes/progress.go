package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progressEvery is how often a progress line is drawn anew.
const progressEvery = 100 * time.Millisecond

// progress is a line at the bottom of the terminal that says how far a command
// has come. Elsewhere it is nothing.
type progress struct {
	w     io.Writer // nil: there is no terminal
	now   func() time.Time
	drawn time.Time // zero: there is no line now
}

func (a *app) progress() *progress {
	p := &progress{now: a.now}
	if isTerminal(a.errOut) {
		p.w = a.errOut
	}
	return p
}

const progressBar = 24 // characters

// draw says how many notes are done, and how much of all that is; 0: nobody
// knows.
func (p *progress) draw(notes int, part float64) {
	now := p.now()
	if p.w == nil || now.Sub(p.drawn) < progressEvery {
		return
	}
	p.drawn = now
	bar := ""
	if part > 0 {
		full := int(min(part, 1) * progressBar)
		bar = fmt.Sprintf("[%s%s] %3.0f %%  ", strings.Repeat("#", full), strings.Repeat("-", progressBar-full), min(part, 1)*100)
	}
	_, _ = fmt.Fprintf(p.w, "\r\x1b[K%s%d notes", bar, notes)
}

// clear takes the line away, before something else is said.
func (p *progress) clear() {
	if p.w != nil && !p.drawn.IsZero() {
		_, _ = io.WriteString(p.w, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}

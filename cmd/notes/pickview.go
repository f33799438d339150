package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// pickView draws a picker: what is typed, how many notes match, these notes, and
// on the right, where there is room, the chosen one.
type pickView struct {
	p       *printer
	preview map[string][]string // the lines of a note, by its id
	top     int                 // the note in the first line
}

const (
	enterScreen = "\x1b[?1049h\x1b[?7l" // the other screen, without breaking long lines
	leaveScreen = "\x1b[?7h\x1b[?1049l"
	pickHeader  = 2  // lines above the notes
	pickWide    = 72 // columns from which on there is a preview
)

// page is how many notes are shown.
func (v *pickView) page() int { return max(v.p.height-pickHeader, 1) }

// listWidth is how wide they are.
func (v *pickView) listWidth() int {
	if v.p.width < pickWide {
		return v.p.width
	}
	return v.p.width / 2
}

// draw is the whole screen.
func (v *pickView) draw(p *picker) string {
	v.top = max(min(v.top, p.chosen), p.chosen-v.page()+1, 0)
	var b strings.Builder
	b.WriteString("\x1b[?25l")
	lines := []string{"> " + string(p.query), v.p.paint(dim, "  "+pickCount(p))}
	for i := v.top; i < min(v.top+v.page(), len(p.found)); i++ {
		lines = append(lines, v.line(p, i))
	}
	var right []string
	if v.listWidth() < v.p.width {
		right = v.preview[p.id()]
	}
	for row := range v.p.height {
		fmt.Fprintf(&b, "\x1b[%d;1H\x1b[K", row+1)
		if row < len(lines) {
			b.WriteString(lines[row])
		}
		if row < len(right) {
			fmt.Fprintf(&b, "\x1b[%d;%dH\x1b[K%s%s%s", row+1, v.listWidth()+1, v.p.paint(dim, "│ "), right[row], v.reset())
		}
	}
	fmt.Fprintf(&b, "\x1b[1;%dH\x1b[?25h", 3+displayWidth(string(p.query)))
	return b.String()
}

func (v *pickView) reset() string {
	if v.p.color {
		return resetStyle
	}
	return ""
}

func pickCount(p *picker) string {
	count := fmt.Sprintf("%d/%d", len(p.found), len(p.notes))
	if p.loading {
		count += " …"
	}
	return count
}

// line is one note, with the typed characters in it marked.
func (v *pickView) line(p *picker, i int) string {
	f := p.found[i]
	var b strings.Builder
	base, begin := plain, "  "
	if i == p.chosen {
		base, begin = bold, "▌ "
	}
	b.WriteString(v.p.paint(cyan, begin))
	room := v.listWidth() - 3
	text := p.notes[f.note].text
	for at, r := range text {
		if room -= measure.RuneWidth(r); room < 0 {
			break
		}
		st := base
		if slices.Contains(f.marks, at) {
			st = green.and(base)
		}
		b.WriteString(v.p.paint(st, text[at:at+utf8.RuneLen(r)]))
	}
	return b.String()
}

// show keeps the preview of a note.
func (v *pickView) show(n api.Note) error {
	var b bytes.Buffer
	p := *v.p
	p.Writer, p.width = &b, max(v.p.width-v.listWidth()-2, 1)
	if err := renderNote(&b, &p, n); err != nil {
		return err
	}
	lines := strings.Split(b.String(), "\n")
	v.preview[n.ID] = lines[:min(len(lines), maxPreview)]
	return nil
}

// maxPreview is more lines than a screen has.
const maxPreview = 500

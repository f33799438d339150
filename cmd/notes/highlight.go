package main

import (
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
)

// marked is a line of which some parts stand out.
type marked []markedPart

type markedPart struct {
	text  string
	stand bool
}

// mark takes a text apart and escapes it. Ranges beyond its end are cut: they came
// from a server.
func mark(text string, ranges []api.Range) marked {
	chars, at := []rune(text), 0
	var m marked
	to := func(end int, stand bool) {
		if end = min(end, len(chars)); end > at {
			m = append(m, markedPart{sanitizeLine(string(chars[at:end])), stand})
			at = end
		}
	}
	for _, r := range ranges {
		to(r[0], false)
		to(r[1], true)
	}
	to(len(chars), false)
	return m
}

// window shortens the line to width columns so that the first part that stands
// out is seen.
func (m marked) window(width int) marked {
	if len(m) > 1 && !m[0].stand && displayWidth(m[0].text+m[1].text) > width {
		m = slices.Clone(m)
		m[0].text = "…" + lastColumns(m[0].text, max(width-displayWidth(m[1].text)-min(len(m)-2, 1), width/3)-1)
	}
	return m.truncate(width)
}

// truncate cuts the line to width columns, the last of them an ellipsis.
func (m marked) truncate(width int) marked {
	var out marked
	for _, p := range m {
		if displayWidth(p.text) > width {
			return append(out, markedPart{truncate(p.text, width), p.stand})
		}
		out = append(out, p)
		width -= displayWidth(p.text)
	}
	return out
}

// lastColumns returns the end of a text that takes so many columns at most.
func lastColumns(text string, width int) string {
	chars := []rune(text)
	for len(chars) > 0 && displayWidth(string(chars)) > width {
		chars = chars[1:]
	}
	return string(chars)
}

func (m marked) String() string {
	var b strings.Builder
	for _, p := range m {
		b.WriteString(p.text)
	}
	return b.String()
}

// paintMarked writes a line in a style, and what stands out as grep does.
func (p *printer) paintMarked(m marked, st style) string {
	var b strings.Builder
	for _, part := range m {
		if part.stand {
			b.WriteString(p.paint(red.and(bold), part.text))
		} else {
			b.WriteString(p.paint(st, part.text))
		}
	}
	return b.String()
}

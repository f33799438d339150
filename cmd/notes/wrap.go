package main

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// wrapper breaks styled text into lines of a width. A line ends at a space or
// between wide characters (Chinese and Japanese have no spaces).
type wrapper struct {
	width int
	color bool
	split bool // cut words that are longer than a line

	lines []wrappedLine

	line  strings.Builder // the line that is being filled
	col   int             // its width so far
	style style           // the style in force at its end

	word      []piece // what has to stay together with what comes next
	wordWidth int
	wordWide  bool  // the word ends in a wide character
	space     bool  // there is a space before the word
	spaceIn   style // the style of that space
}

type wrappedLine struct {
	text  string
	width int
}

// piece is a part of a word in one style.
type piece struct {
	text  string
	width int
	style style
}

// add appends text. It holds no control character.
func (w *wrapper) add(text string, st style) {
	for text != "" {
		if text[0] == ' ' {
			w.endWord()
			w.space, w.spaceIn = true, st
			text = text[1:]
			continue
		}
		n, width := leadingASCII(text), 0
		if n > 0 {
			width = n
		} else {
			g := graphemes.FromString(text)
			g.Next()
			n = len(g.Value())
			width = displayWidth(g.Value())
		}
		w.push(piece{text[:n], width, st}, n > 1 && width == 2 && text[0] >= utf8.RuneSelf)
		text = text[n:]
	}
}

// leadingASCII returns how many bytes of text are one-column characters of
// ASCII, up to a space. The last one before another script is left out: marks
// may combine with it.
func leadingASCII(text string) int {
	n := 0
	for n < len(text) && text[n] != ' ' && text[n] < utf8.RuneSelf {
		n++
	}
	if n > 0 && n < len(text) && text[n] >= utf8.RuneSelf {
		n--
	}
	return n
}

func (w *wrapper) push(p piece, wide bool) {
	if (wide || w.wordWide) && len(w.word) > 0 && !clings(p.text) {
		w.endWord()
	}
	w.word = append(w.word, p)
	w.wordWidth += p.width
	w.wordWide = wide
}

// clings reports whether text must not begin a line: it is punctuation that
// ends what stands before it.
func clings(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return strings.ContainsRune("、。，．：；？！）」』】〕》〉…,.:;?!)]}", r)
}

// endWord puts the word on this line, or on the next when there is no room.
func (w *wrapper) endWord() {
	if len(w.word) == 0 {
		return
	}
	gap := 0
	if w.space && w.col > 0 {
		gap = 1
	}
	if w.col > 0 && w.col+gap+w.wordWidth > w.width {
		w.endLine()
	} else if gap > 0 {
		if w.spaceIn != w.word[0].style {
			w.spaceIn = plain
		}
		w.put(piece{" ", 1, w.spaceIn})
	}
	for _, p := range w.word {
		if w.split && w.wordWidth > w.width {
			w.putSplit(p)
		} else {
			w.put(p)
		}
	}
	w.word, w.wordWidth, w.wordWide, w.space = w.word[:0], 0, false, false
}

func (w *wrapper) put(p piece) {
	w.setStyle(p.style)
	w.line.WriteString(p.text)
	w.col += p.width
}

// putSplit is put for a word that no line holds.
func (w *wrapper) putSplit(p piece) {
	for g := graphemes.FromString(p.text); g.Next(); {
		width := displayWidth(g.Value())
		if w.col > 0 && w.col+width > w.width {
			w.endLine()
		}
		w.put(piece{g.Value(), width, p.style})
	}
}

func (w *wrapper) setStyle(st style) {
	if !w.color || st == w.style {
		return
	}
	if w.style != plain {
		w.line.WriteString(resetStyle)
	}
	w.line.WriteString(st.start())
	w.style = st
}

func (w *wrapper) endLine() {
	w.setStyle(plain)
	w.lines = append(w.lines, wrappedLine{w.line.String(), w.col})
	w.line.Reset()
	w.col = 0
}

// hardBreak ends the line whatever room there is.
func (w *wrapper) hardBreak() {
	w.endWord()
	w.endLine()
	w.space = false
}

// finish returns the lines.
func (w *wrapper) finish() []wrappedLine {
	w.endWord()
	if w.col > 0 {
		w.endLine()
	}
	return w.lines
}

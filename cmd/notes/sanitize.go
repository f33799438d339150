package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// sanitize returns s in a form that is safe to show on a terminal: what could
// move the cursor, change the terminal's state or reorder the text is shown
// escaped, as `\x1b` or `\u202e`. Line feeds and tabs stay; the carriage return
// of a Windows line end is left out. Text that was written by others goes through
// here before it reaches a terminal.
func sanitize(s string) string { return escape(s, false) }

// sanitizeLine is sanitize for what has to stay on one line: line feeds and
// tabs are escaped too.
func sanitizeLine(s string) string { return escape(s, true) }

func escape(s string, oneLine bool) string {
	i := firstUnsafe(s, oneLine)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n' && oneLine:
			b.WriteString(`\n`)
		case r == '\t' && oneLine:
			b.WriteString(`\t`)
		case r == '\r' && !oneLine && strings.HasPrefix(s[i+1:], "\n"):
		case r == '\r':
			b.WriteString(`\r`)
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !isUnsafe(r):
			b.WriteString(s[i : i+size])
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

// firstUnsafe returns where the first character to escape is, or -1. Most text
// has none and is not copied.
func firstUnsafe(s string, oneLine bool) int {
	for i, r := range s {
		switch {
		case r == '\n' || r == '\t':
			if oneLine {
				return i
			}
		case isUnsafe(r):
			return i
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// isUnsafe reports whether a terminal could take r for something else than a
// character to show: the controls (C0, DEL, C1), and those format characters
// that break lines, reorder text or annotate it. The joiners and marks that
// scripts and emoji need are not among them.
func isUnsafe(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, 0x7f <= r && r <= 0x9f:
		return true
	case 0x2028 <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069, 0xfff9 <= r && r <= 0xfffb:
		return true
	}
	return false
}

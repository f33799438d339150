package main

import (
	"strings"
	"unicode/utf8"
)

// key is a key of the keyboard, as far as pick knows it.
type key int

const (
	keyNone key = iota
	keyRune
	keyBackspace
	keyClear // the whole query
	keyWord  // the last word of it
	keyUp
	keyDown
	keyPageUp
	keyPageDown
	keyEnter
	keyCancel
)

type keyPress struct {
	key key
	r   rune // of keyRune
}

// controls are the keys that send one byte, named as in a shell and in fzf.
var controls = map[byte]key{
	'\r': keyEnter, 0x7f: keyBackspace, 'H' - '@': keyBackspace, 'U' - '@': keyClear, 'W' - '@': keyWord,
	'P' - '@': keyUp, 'K' - '@': keyUp, 'N' - '@': keyDown, 'J' - '@': keyDown,
	'C' - '@': keyCancel, 'D' - '@': keyCancel, 'G' - '@': keyCancel,
}

// sequences are those that send more.
var sequences = map[string]key{
	"\x1b[A": keyUp, "\x1bOA": keyUp, "\x1b[B": keyDown, "\x1bOB": keyDown, "\x1b[5~": keyPageUp, "\x1b[6~": keyPageDown,
}

// nextKey takes one key off what was typed. ok is false where it may go on: a
// character, or a sequence, of which Esc alone is the beginning, too.
func nextKey(typed string) (k keyPress, rest string, ok bool) {
	switch c := typed[0]; {
	case c == escapeByte:
		end := sequenceEnd(typed)
		if end == 0 {
			return keyPress{}, typed, false
		}
		return keyPress{key: sequences[typed[:end]]}, typed[end:], true
	case c < ' ' || c == 0x7f:
		return keyPress{key: controls[c]}, typed[1:], true
	case !utf8.FullRuneInString(typed):
		return keyPress{}, typed, false
	}
	r, size := utf8.DecodeRuneInString(typed)
	if isUnsafe(r) || r == utf8.RuneError {
		return keyPress{}, typed[size:], true
	}
	return keyPress{keyRune, r}, typed[size:], true
}

// sequenceEnd is where an escape sequence ends, 0 where it may go on. Esc before
// any other character is Alt with it, and the length of nothing that is known.
func sequenceEnd(typed string) int {
	if len(typed) < 2 {
		return 0
	}
	switch typed[1] {
	case 'O':
		return min(len(typed), 3) / 3 * 3
	case '[':
		params := strings.TrimLeft(typed[2:], "0123456789;:<=>?!\"#$%&'()*+,-./ ")
		if params == "" {
			return 0
		}
		return len(typed) - len(params) + 1
	}
	return 2
}

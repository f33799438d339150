package search

import (
	"sync/atomic"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// character is what a scanner has to know of one beyond ASCII.
type character struct {
	class  class
	folded string // as a word of its own; of letters
}

type class uint8

const (
	other    class = iota // ends an item
	letter                // or digit
	mark                  // belongs to the letter before it
	format                // is not seen, as a soft hyphen
	sign                  // is found as a letter is, for itself
	dense                 // a letter or digit of a script that is written without spaces, with nothing to fold
	unsteady              // likewise, that may look otherwise when it is folded
)

// characters are those that were met so far. The tables of Unicode take a tenth
// of a microsecond a character, which is too much for an import.
var characters [1 << 16]atomic.Pointer[character]

// han is what most Chinese characters are.
var han = character{class: dense}

func lookup(r rune) *character {
	if '一' <= r && r <= '鿿' {
		return &han
	}
	if int(r) >= len(characters) {
		return newCharacter(r)
	}
	c := characters[r].Load()
	if c == nil {
		c = newCharacter(r)
		characters[r].Store(c)
	}
	return c
}

func newCharacter(r rune) *character {
	switch {
	case isDense(r):
		if s := string(r); norm.NFKC.IsNormalString(s) && norm.NFKC.PropertiesString(s).BoundaryBefore() {
			return &han
		}
		return &character{class: unsteady}
	case isMark(r):
		return &character{class: mark}
	case isLetter(r):
		return &character{class: letter, folded: fold(string(r))}
	case unicode.Is(unicode.Cf, r):
		return &character{class: format}
	case unicode.In(r, unicode.So, unicode.Sm, unicode.Sc):
		return &character{class: sign}
	}
	return &character{class: other}
}

func isMark(r rune) bool { return r >= 0x300 && unicode.Is(unicode.M, r) }

// isLetter reports whether r is a letter or a digit. The apostrophes that Unicode
// counts as letters are none: people type one for the other.
func isLetter(r rune) bool { return unicode.In(r, unicode.L, unicode.N) && r != 'ʻ' && r != 'ʼ' }

func isASCIIWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// isDense reports whether r is a letter or digit of a script that is written
// without spaces, or a mark of one.
func isDense(r rune) bool {
	switch r {
	case 'ー', '〆', '\uff70', '\uff9e', '\uff9f': // common to several scripts, says Unicode
		return true
	}
	return unicode.In(r, unspaced...) && (isLetter(r) || isMark(r))
}

var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
	unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet, unicode.Ahom, unicode.Tangut, unicode.Nushu,
}

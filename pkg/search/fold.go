package search

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// appendFolded appends a word without case and accents. Two words are the same
// when what this makes of them is. Where no mark has its character, the
// characters are folded one by one.
func appendFolded(dst []byte, word string, marks bool) []byte {
	if marks {
		return append(dst, fold(word)...)
	}
	for _, r := range word {
		if r < utf8.RuneSelf {
			dst = append(dst, lower[r])
		} else {
			dst = append(dst, lookup(r).folded...)
		}
	}
	return dst
}

// fold returns what a search sees of a word.
//
// NFKD takes accents from their letters, full width from Latin and ligatures
// apart, and Hangul into its letters, so that a syllable half typed begins the
// whole one. Of the marks only those go that do not spell: the vowel signs of
// Devanagari and its relatives stay, the points of Hebrew and Arabic go.
func fold(word string) string {
	var folded []byte
	for _, r := range norm.NFKD.String(word) {
		switch {
		case r < utf8.RuneSelf:
			if isASCIIWord(r) {
				folded = append(folded, lower[r])
			}
		case r == breve && bytes.HasSuffix(folded, []byte("и")):
			folded = append(folded[:len(folded)-len("и")], "й"...)
		case r == breve && bytes.HasSuffix(folded, []byte("у")):
			folded = append(folded[:len(folded)-len("у")], "ў"...)
		case isMark(r):
			if spells(r) {
				folded = utf8.AppendRune(folded, r)
			}
		case isLetter(r):
			// Upper case first brings the final sigma and the long s to their like.
			r = unicode.ToLower(unicode.ToUpper(r))
			if plain, ok := plainLetters[r]; ok {
				folded = append(folded, plain...)
			} else {
				folded = utf8.AppendRune(folded, r)
			}
		} // else it is a joiner, a soft hyphen, the geresh of Hebrew
	}
	return string(folded)
}

// breve makes other letters of и and у, and is an accent elsewhere.
const breve = '\u0306'

// plainLetters are letters that people leave the stroke or the dot of, and that
// Unicode does not take apart; and those of Arabic that are written one for the
// other.
var plainLetters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ŧ': "t", 'þ': "th", 'ı': "i",
	'ى': "ي", 'ی': "ي", 'ة': "ه", 'ک': "ك", 'ـ': "",
}

// spells reports whether a mark is a part of the spelling and no accent.
func spells(r rune) bool {
	switch {
	case unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Cyrillic, unicode.Me):
		return false
	}
	return norm.NFKD.PropertiesString(string(r)).CCC() != nukta
}

// nukta is the combining class of the dot that Hindi and its relatives put below
// a letter of a loan, or leave out.
const nukta = 7

// composed returns what a search sees of a run of a script without spaces. Its
// marks belong to it (a voiced kana is another letter), but those that only
// choose a glyph.
func composed(run string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || isMark(r) && unicode.Is(unicode.Inherited, r) && r != voiced && r != semiVoiced {
			return -1
		}
		return r
	}, norm.NFKC.String(run))
}

// What makes が of か and ぱ of は.
const (
	voiced     = '\u3099'
	semiVoiced = '\u309a'
)

// lower is ASCII in lower case.
var lower = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		t[i] = byte(unicode.ToLower(rune(i)))
	}
	return t
}()

package search

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// appendFolded appends a word without case and accents. Two words are the same
// when what this makes of them is. buf is scratch space, returned to be used
// again.
//
// NFKD takes accents from their letters, full width from Latin and ligatures
// apart, and Hangul into its letters, so that a syllable half typed begins the
// whole one. Of the marks only those go that do not spell: the vowel signs of
// Devanagari and its relatives stay, the points of Hebrew and Arabic go.
func appendFolded(dst, buf []byte, word string) (folded, scratch []byte) {
	if !norm.NFKD.IsNormalString(word) {
		buf = norm.NFKD.AppendString(buf[:0], word)
	} else {
		buf = append(buf[:0], word...)
	}
	for i := 0; i < len(buf); {
		r, size := utf8.DecodeRune(buf[i:])
		dst = appendLetter(dst, r)
		i += size
	}
	return dst, buf
}

// appendLetter appends what a search sees of one character of a decomposed word.
func appendLetter(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if isASCIIWord(r) {
			dst = append(dst, lower[r])
		}
		return dst
	}
	switch {
	case isMark(r):
		switch {
		case r == breve && bytes.HasSuffix(dst, []byte("и")):
			return append(dst[:len(dst)-len("и")], "й"...)
		case r == breve && bytes.HasSuffix(dst, []byte("у")):
			return append(dst[:len(dst)-len("у")], "ў"...)
		case spells(r):
			return utf8.AppendRune(dst, r)
		}
		return dst
	case !isLetter(r):
		return dst // a joiner, a soft hyphen, the geresh of Hebrew
	}
	// Upper case first brings the final sigma and the long s to their like.
	r = unicode.ToLower(unicode.ToUpper(r))
	if plain, ok := plainLetters[r]; ok {
		return append(dst, plain...)
	}
	return utf8.AppendRune(dst, r)
}

// breve makes another letter of и and у, and is an accent elsewhere.
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
	case unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Cyrillic):
		return false
	case unicode.Is(unicode.Me, r):
		return false
	}
	var b [utf8.UTFMax]byte
	return norm.NFKD.Properties(b[:utf8.EncodeRune(b[:], r)]).CCC() != nukta
}

// nukta is the combining class of the dot that Hindi and its relatives put below
// a letter of a loan, or leave out.
const nukta = 7

func isMark(r rune) bool { return r >= 0x300 && unicode.Is(unicode.M, r) }

// isLetter reports whether r is a letter or a digit. The apostrophes that Unicode
// counts as letters are none: people type one for the other.
func isLetter(r rune) bool { return unicode.In(r, unicode.L, unicode.N) && r != 'ʻ' && r != 'ʼ' }

// appendRun appends a run of a script without spaces. Its marks belong to it (a
// voiced kana is another letter), but those that only choose a glyph.
func appendRun(dst, buf []byte, run string) (folded, scratch []byte) {
	if norm.NFKC.IsNormalString(run) {
		buf = append(buf[:0], run...)
	} else {
		buf = norm.NFKC.AppendString(buf[:0], run)
	}
	return appendRunLetters(dst, buf), buf
}

func appendRunLetters(dst, composed []byte) []byte {
	for i := 0; i < len(composed); {
		r, size := utf8.DecodeRune(composed[i:])
		if !unicode.Is(unicode.Cf, r) && (!isMark(r) || !unicode.Is(unicode.Inherited, r) || r == voiced || r == semiVoiced) {
			dst = append(dst, composed[i:i+size]...)
		}
		i += size
	}
	return dst
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

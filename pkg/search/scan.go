package search

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// kind is what an item of a text is.
type kind uint8

const (
	word   kind = iota // letters and digits, found by how it begins
	run                // of a script without spaces, found by any part of it
	symbol             // an emoji, say, found by how it begins
)

// scanner takes a text apart into its items: those that can be searched for,
// in their order. It cuts at everything that is no letter, digit or symbol, also
// where Unicode's rules for words (UAX #29) do not: who looks for école finds
// l'école, and who looks for example finds www.example.com. Those rules say
// what belongs to an emoji, and which quotes are part of a Hebrew word.
type scanner struct {
	text string
	at   int // what is before was scanned

	// The item that next found.
	kind       kind
	key        []byte // folded; valid until the next call of next
	start, end int    // where it stands in text

	segments *words.Iterator[string]
	segment  int // the end of Unicode's word that at is in
	buf      []byte
}

// reset begins with another text.
func (s *scanner) reset(text string) {
	s.text, s.at, s.segment, s.end = text, 0, 0, -1
}

// next finds the next item.
func (s *scanner) next() bool {
	for s.at < len(s.text) {
		if c := s.text[s.at]; c < utf8.RuneSelf {
			if isASCIIWord(rune(c)) {
				if s.ascii() || s.unicode() {
					return true
				}
			} else if (c == '+' || c == '#') && s.end == s.at && s.kind == word {
				s.signs(c)
				return true
			} else {
				s.at++
			}
			continue
		}
		if s.unicode() {
			return true
		}
	}
	return false
}

// ascii takes a word that is all ASCII and has none but ASCII behind it: of that
// it is known what it is.
func (s *scanner) ascii() bool {
	i, key := s.at, s.key[:0]
	for i < len(s.text) && s.text[i] < utf8.RuneSelf && isASCIIWord(rune(s.text[i])) {
		key = append(key, lower[s.text[i]])
		i++
	}
	s.key = key
	if i < len(s.text) && s.text[i] >= utf8.RuneSelf {
		return false
	}
	s.found(word, i)
	return true
}

// signs takes what stands behind a word as in C++ and C#. Tokens have no
// punctuation of ASCII, so its wide form is taken.
func (s *scanner) signs(c byte) {
	i := s.at
	s.key = s.key[:0]
	for i < len(s.text) && s.text[i] == c {
		s.key = utf8.AppendRune(s.key, rune(c)+'＋'-'+')
		i++
	}
	s.found(symbol, i)
}

// unicode takes an item of any kind, or passes over a character that begins none.
func (s *scanner) unicode() bool {
	r, size := utf8.DecodeRuneInString(s.text[s.at:])
	if isDense(r) {
		return s.run()
	}
	if s.at >= s.segment {
		if s.segments == nil {
			s.segments = words.FromString("")
		}
		s.segments.SetText(s.text[s.at:])
		s.segments.Next()
		s.segment = s.at + s.segments.End()
	}
	switch {
	case isLetter(r) || isMark(r):
		return s.word()
	case r >= utf8.RuneSelf && unicode.In(r, unicode.So, unicode.Sm, unicode.Sc):
		return s.symbol()
	}
	s.at += size
	return false
}

// word takes letters and what joins them. Of Unicode's word it takes the part up
// to an apostrophe or a script without spaces.
func (s *scanner) word() bool {
	i, last := s.at, rune(0)
	for i < s.segment {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		if isDense(r) || !isLetter(r) && !isMark(r) && !joins(r, last) {
			break
		}
		if !isMark(r) {
			last = r
		}
		i += size
	}
	s.key, s.buf = appendFolded(s.key[:0], s.buf, s.text[s.at:i])
	return s.found(word, i)
}

// joins reports whether r, which is no letter, is a part of a word in which it
// stands behind the letter last.
func joins(r, last rune) bool {
	switch r {
	case '"', '\'', '’', '\u05f3', '\u05f4':
		return unicode.Is(unicode.Hebrew, last)
	}
	return unicode.Is(unicode.Cf, r)
}

// symbol takes one symbol with all that Unicode's word has of it: an emoji is a
// sequence of many characters. The selector of its presentation is left out.
func (s *scanner) symbol() bool {
	i := s.at
	s.key = s.key[:0]
	for i < s.segment {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		if isLetter(r) {
			break
		}
		if r != '\ufe0e' && r != '\ufe0f' {
			s.key = utf8.AppendRune(s.key, unicode.ToLower(r))
		}
		i += size
	}
	return s.found(symbol, i)
}

// run takes a run of scripts without spaces.
func (s *scanner) run() bool {
	i := s.at
	for i < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		if !isDense(r) && !isMark(r) && !unicode.Is(unicode.Cf, r) {
			break
		}
		i += size
	}
	s.key, s.buf = appendRun(s.key[:0], s.buf, s.text[s.at:i])
	return s.found(run, i)
}

// found says what stands between at and end. It is nothing when its key is empty.
func (s *scanner) found(k kind, end int) bool {
	s.kind, s.start, s.end = k, s.at, end
	s.at = end
	return len(s.key) > 0
}

func isASCIIWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// isDense reports whether r is a letter or digit of a script that is written
// without spaces.
func isDense(r rune) bool {
	switch {
	case r < 0x0e00, 0xac00 <= r && r <= 0xd7a3: // Hangul has spaces
		return false
	case 0x4e00 <= r && r <= 0x9fff:
		return true
	case r == 'ー', r == '〆', r == '\uff70', r == '\uff9e', r == '\uff9f': // common to several scripts, says Unicode
		return true
	}
	return unicode.In(r, dense...) && (isLetter(r) || isMark(r))
}

var dense = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
	unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet, unicode.Ahom, unicode.Tangut, unicode.Nushu,
}

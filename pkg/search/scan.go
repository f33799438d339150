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
}

// reset begins with another text.
func (s *scanner) reset(text string) {
	s.text, s.at, s.segment, s.end = text, 0, 0, -1
}

// next finds the next item.
func (s *scanner) next() bool {
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c >= utf8.RuneSelf:
			if s.wide() {
				return true
			}
		case isASCIIWord(rune(c)):
			if s.ascii() || s.word() {
				return true
			}
		case (c == '+' || c == '#') && s.end == s.at && s.kind == word:
			return s.signs(c)
		default:
			s.at++
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
	return (i == len(s.text) || s.text[i] < utf8.RuneSelf) && s.found(word, i)
}

// signs takes what stands behind a word as in C++ and C#. Tokens have no
// punctuation of ASCII, so its wide form is taken.
func (s *scanner) signs(c byte) bool {
	i := s.at
	s.key = s.key[:0]
	for i < len(s.text) && s.text[i] == c {
		s.key = utf8.AppendRune(s.key, rune(c)+'＋'-'+')
		i++
	}
	return s.found(symbol, i)
}

// wide takes an item that begins beyond ASCII, or passes over a character that
// begins none.
func (s *scanner) wide() bool {
	r, size := utf8.DecodeRuneInString(s.text[s.at:])
	switch lookup(r).class {
	case dense, unsteady:
		return s.run()
	case letter, mark:
		return s.word()
	case sign:
		return s.symbol()
	}
	s.at += size
	return false
}

// word takes letters and what joins them.
func (s *scanner) word() bool {
	i, last, marks := s.at, rune(0), false
	for i < len(s.text) {
		r, size := rune(s.text[i]), 1
		if r < utf8.RuneSelf && isASCIIWord(r) {
			last = r
			i++
			continue
		}
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s.text[i:])
		}
		switch c := lookup(r); {
		case c.class == letter:
			last = r
		case c.class == mark:
			marks = true
		case (c.class == format || isQuote(r) && unicode.Is(unicode.Hebrew, last)) && i < s.segmentEnd():
			marks = true
		default:
			size = 0
		}
		if size == 0 {
			break
		}
		i += size
	}
	s.key = appendFolded(s.key[:0], s.text[s.at:i], marks)
	return s.found(word, i)
}

// isQuote reports whether r is one of the quotes that Hebrew has inside of words.
func isQuote(r rune) bool {
	return r == '"' || r == '\'' || r == '’' || r == '\u05f3' || r == '\u05f4'
}

// segmentEnd returns where the word ends, by the rules of Unicode, that the next
// item begins in.
func (s *scanner) segmentEnd() int {
	if s.at >= s.segment {
		if s.segments == nil {
			s.segments = words.FromString("")
		}
		s.segments.SetText(s.text[s.at:])
		s.segments.Next()
		s.segment = s.at + s.segments.End()
	}
	return s.segment
}

// symbol takes one symbol with all that Unicode's word has of it: an emoji is a
// sequence of many characters. The selector of its presentation is left out.
func (s *scanner) symbol() bool {
	i, end := s.at, s.segmentEnd()
	s.key = s.key[:0]
	for i < end {
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
	i, steady := s.at, true
	for i < len(s.text) && s.text[i] >= utf8.RuneSelf {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		c := lookup(r)
		if c.class != dense {
			if c.class != unsteady && c.class != mark && c.class != format {
				break
			}
			steady = false
		}
		i += size
	}
	if text := s.text[s.at:i]; steady {
		s.key = append(s.key[:0], text...)
	} else {
		s.key = append(s.key[:0], composed(text)...)
	}
	return s.found(run, i)
}

// found says what stands between at and end. It is nothing when its key is empty.
func (s *scanner) found(k kind, end int) bool {
	s.kind, s.start, s.end = k, s.at, end
	s.at = end
	return len(s.key) > 0
}

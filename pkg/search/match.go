package search

import (
	"bytes"
	"math/bits"
	"strings"
)

// matcher looks for terms in the items of a text, which it is shown one by one.
type matcher struct {
	terms   []term
	found   []bool
	missing int  // terms that are not found
	every   bool // go on with terms that are found

	// active has for each term the number of parts, less one, that the text ends
	// with at the last item: each such number is a bit (this is Shift-And).
	active []uint64
	ended  []int // the terms that end at the last item

	first   [256]bool // with which bytes words begin that are looked for
	runs    bool      // runs are looked for
	phrases bool      // active counts
}

func newMatcher(terms []term) *matcher {
	m := &matcher{terms: terms, missing: len(terms), found: make([]bool, len(terms)), active: make([]uint64, len(terms))}
	for _, t := range terms {
		m.phrases = m.phrases || len(t.parts) > 1
		for _, p := range t.parts {
			m.first[p.key[0]] = true
			m.runs = m.runs || p.kind == run
		}
	}
	return m
}

// begin begins with another text.
func (m *matcher) begin() { clear(m.active) }

// item looks at the item that s stands at.
func (m *matcher) item(s *scanner) {
	m.ended = m.ended[:0]
	if s.kind == run && !m.runs || s.kind != run && !m.first[s.key[0]] {
		if m.phrases {
			clear(m.active)
		}
		return
	}
	for i, t := range m.terms {
		if m.found[i] && !m.every || !m.ends(i, t.parts, s) {
			continue
		}
		if !m.found[i] {
			m.found[i] = true
			m.missing--
		}
		m.ended = append(m.ended, i)
	}
}

// ends reports whether the item is the last part of a term whose other parts
// stand before it.
func (m *matcher) ends(i int, parts []part, s *scanner) bool {
	last := len(parts) - 1
	if last == 0 {
		return parts[0].is(s, true, true)
	}
	now := uint64(0)
	for may := m.active[i]<<1 | 1; may != 0; may &= may - 1 {
		if j := bits.TrailingZeros64(may); j <= last && parts[j].is(s, j == 0, j == last) {
			now |= 1 << j
		}
	}
	m.active[i] = now
	return now>>last&1 == 1
}

// is reports whether the item is this part, which may be the first or the last of
// its term. A run may go on where the term does not.
func (p part) is(s *scanner, first, last bool) bool {
	switch {
	case (p.kind == run) != (s.kind == run):
		return false
	case p.kind != run && p.whole:
		return string(s.key) == p.key
	case p.kind != run:
		return len(s.key) >= len(p.key) && string(s.key[:len(p.key)]) == p.key
	case first && last:
		return bytes.Contains(s.key, []byte(p.key))
	case first:
		return strings.HasSuffix(string(s.key), p.key)
	case last:
		return strings.HasPrefix(string(s.key), p.key)
	}
	return string(s.key) == p.key
}

package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/notesd/notesd/pkg/api"
)

// Match says where in a note the words of the query are. A word is marked whole,
// however much of it was typed.
func (q *Query) Match(n *api.Note) api.Match {
	f := finder{want: newMatcher(q.terms)}
	f.want.every = true
	m := api.Match{Title: ranges(n.Title, f.find(n.Title))}
	m.Excerpt, m.Ranges = excerpt(n.Body, f.find(n.Body))
	return m
}

// span is a part of a text in bytes.
type span struct{ start, end int }

// finder finds out where in a text the terms are.
type finder struct {
	scanner
	want  *matcher
	spans []span
	last  [maxParts]span // the last items: that with the number n is at n % maxParts
}

// find returns where the first match is, and those that stand so close to it that
// they may be on the same line.
func (f *finder) find(text string) []span {
	f.want.begin()
	f.spans = f.spans[:0]
	n := 0
	for f.reset(text); f.next() && (len(f.spans) == 0 || f.start < f.spans[0].start+reach); n++ {
		f.last[n%maxParts] = span{f.start, f.end}
		f.want.item(&f.scanner)
		for _, i := range f.want.ended {
			f.term(f.want.terms[i].parts, n)
		}
	}
	return apart(f.spans)
}

// reach is how many bytes behind the first match another one is looked for.
const reach = 4 << 10

// term adds the items up to the one with the number n, which are the parts of a
// term.
func (f *finder) term(parts []part, n int) {
	for i, p := range parts {
		at := f.last[(n-len(parts)+1+i)%maxParts]
		if p.kind != run {
			f.spans = append(f.spans, at)
			continue
		}
		var s scanner
		s.reset(f.text[at.start:at.end])
		s.next()
		for _, part := range s.parts(p.key, i == 0, i == len(parts)-1) {
			f.spans = append(f.spans, span{at.start + part.start, at.start + part.end})
		}
	}
}

// parts returns where in the run that is the item a part of a term is, which may
// be the first and the last of the term.
func (s *scanner) parts(key string, first, last bool) []span {
	var found []span
	switch text := string(s.key); {
	case first && last:
		for from := 0; ; {
			i := strings.Index(text[from:], key)
			if i < 0 {
				break
			}
			found = append(found, s.source(from+i, from+i+len(key)))
			from += i + len(key)
		}
	case first:
		found = append(found, s.source(len(text)-len(key), len(text)))
	default:
		found = append(found, s.source(0, len(key)))
	}
	return found
}

// source returns where the bytes of the run's key come from.
func (s *scanner) source(from, to int) span {
	if string(s.key) == s.text[s.start:s.end] {
		return span{s.start + from, s.start + to}
	}
	at, folded := span{s.end, s.end}, 0
	var it norm.Iter
	for it.InitString(norm.NFKC, s.text[s.start:s.end]); !it.Done() && folded < to; {
		start := s.start + it.Pos()
		part := composed(string(it.Next()))
		if folded <= from {
			at.start = start
		}
		if folded += len(part); folded >= to {
			at.end = s.start + it.Pos()
		}
	}
	return at
}

// apart sorts spans and joins those that overlap.
func apart(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, s.end)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// ranges counts in characters what spans says in bytes.
func ranges(text string, spans []span) []api.Range {
	out := make([]api.Range, len(spans))
	n, at := 0, 0
	count := func(to int) int {
		n += utf8.RuneCountInString(text[at:to])
		at = to
		return n
	}
	for i, s := range spans {
		out[i] = api.Range{count(s.start), count(s.end)}
	}
	return out
}

const (
	excerptLength = 160 // characters of an excerpt, without ellipses
	excerptBefore = 60  // of these before the first match, at most
)

// excerpt returns the part of a body around the first match, and where in it the
// matches are.
func excerpt(body string, spans []span) (string, []api.Range) {
	if len(spans) == 0 {
		return api.Excerpt(body), []api.Range{}
	}
	from, cut := beginning(body, spans[0].start)
	e := line{ranges: []api.Range{}}
	if cut {
		e.put('…')
	}
	limit := e.n + excerptLength
	for i, r := range body[from:] {
		for len(spans) > 0 && from+i >= spans[0].end {
			e.close()
			spans = spans[1:]
		}
		switch {
		case unicode.IsSpace(r):
			e.space = e.n > 0
			continue
		case unicode.IsControl(r):
			continue
		case e.n+1 >= limit && e.space || e.n >= limit:
			e.close()
			e.space = false
			e.put('…')
			return e.text.String(), e.ranges
		}
		if len(spans) > 0 && from+i >= spans[0].start {
			e.open()
		}
		e.put(r)
	}
	e.close()
	return e.text.String(), e.ranges
}

// beginning returns where the excerpt begins with a match at this place: with the
// line, or where that is far, with a word; and whether it is in a line.
func beginning(body string, match int) (from int, cut bool) {
	from, word := match, match
	for n := 0; from > 0; n++ {
		r, size := utf8.DecodeLastRuneInString(body[:from])
		switch {
		case r == '\n':
			return from, false
		case unicode.IsSpace(r):
			word = from
		}
		if n == excerptBefore {
			if word < match {
				from = word
			}
			return from, true
		}
		from -= size
	}
	return 0, false
}

// line is an excerpt in the making.
type line struct {
	text   strings.Builder
	n      int // characters
	space  bool
	ranges []api.Range
	inside bool // of the last range
}

func (l *line) put(r rune) {
	if l.space {
		l.text.WriteByte(' ')
		l.n++
		l.space = false
	}
	l.text.WriteRune(r)
	l.n++
}

func (l *line) open() {
	if l.inside {
		return
	}
	l.inside = true
	at := l.n
	if l.space {
		at++
	}
	l.ranges = append(l.ranges, api.Range{at, at})
}

func (l *line) close() {
	if l.inside {
		l.ranges[len(l.ranges)-1][1] = l.n
		l.inside = false
	}
}

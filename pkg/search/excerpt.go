package search

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/notesd/notesd/pkg/api"
)

// Match says where in a note the terms of the query are. A word is marked whole,
// however much of it was typed, and what has to be together is one range.
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
	last  [maxParts]span // the last items: the one with the number n is at n % maxParts
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

// term adds where a term is whose parts are the items up to the one with the
// number n.
func (f *finder) term(parts []part, n int) {
	last := len(parts) - 1
	if p := parts[0]; last == 0 && p.kind == run {
		f.spans = append(f.spans, f.sources(occurrences(f.key, []byte(p.key)))...)
		return
	}
	all := span{f.last[(n-last)%maxParts].start, f.end}
	if p := parts[last]; p.kind == run { // and may go on
		all.end = f.sources([]span{{0, len(p.key)}})[0].end
	}
	if p := parts[0]; p.kind == run { // and may have begun before
		s := scanner{text: f.text, at: all.start}
		s.next()
		all.start = s.sources([]span{{len(s.key) - len(p.key), len(s.key)}})[0].start
	}
	f.spans = append(f.spans, all)
}

// occurrences returns where in key a part is, as far as it is of use.
func occurrences(key, part []byte) (found []span) {
	for at := 0; len(found) == 0 || at < found[0].start+reach; {
		i := bytes.Index(key[at:], part)
		if i < 0 {
			break
		}
		found = append(found, span{at + i, at + i + len(part)})
		at += i + len(part)
	}
	return found
}

// sources returns where these parts of the run's key, which are in order, come
// from.
func (s *scanner) sources(parts []span) []span {
	text := s.text[s.start:s.end]
	if string(s.key) == text {
		for i := range parts {
			parts[i].start += s.start
			parts[i].end += s.start
		}
		return parts
	}
	var it norm.Iter
	it.InitString(norm.NFKC, text)
	from, folded := 0, 0 // of the last part that Iter gave, and how much of the key there is with it
	next := func() {
		from = it.Pos()
		folded += len(composed(string(it.Next())))
	}
	found := make([]span, 0, len(parts))
	for _, p := range parts {
		for folded <= p.start {
			next()
		}
		start := s.start + from
		for folded < p.end {
			next()
		}
		found = append(found, span{start, s.start + it.Pos()})
	}
	return found
}

// apart sorts spans and joins those that overlap.
func apart(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.start <= out[n-1].end {
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

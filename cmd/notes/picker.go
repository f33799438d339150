package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sahilm/fuzzy"
)

// picker is what pick is about: the notes there are, what was typed, which notes
// match that, and which of them is chosen. It knows no terminal.
type picker struct {
	notes   []pickable
	query   []rune
	found   []picked // the best first; without a query all, those saved last first
	chosen  int
	loading bool
}

type pickable struct {
	id   string
	text string // title and tags, on one line and safe to show
}

// picked is a note that matches.
type picked struct {
	note  int   // its index
	marks []int // where in the text the typed characters are
	score int
}

// id is the chosen note's, empty where there is none.
func (p *picker) id() string {
	if p.chosen >= len(p.found) {
		return ""
	}
	return p.notes[p.found[p.chosen].note].id
}

// add takes in more notes. The chosen one stays chosen.
func (p *picker) add(notes []pickable) {
	id := p.id()
	p.notes = append(p.notes, notes...)
	p.filter(p.all())
	for i, f := range p.found {
		if p.notes[f.note].id == id {
			p.chosen = i
		}
	}
}

// setQuery is for what is typed anew. More of the same finds no other notes.
func (p *picker) setQuery(query []rune) {
	among := p.found
	if !strings.HasPrefix(string(query), string(p.query)) {
		among = p.all()
	}
	p.query = query
	p.filter(among)
}

func (p *picker) all() []picked {
	all := make([]picked, len(p.notes))
	for i := range all {
		all[i].note = i
	}
	return all
}

// filter finds the notes that have all words of the query, each with its
// characters in their order, and chooses the best.
func (p *picker) filter(among []picked) {
	p.chosen = 0
	p.found = make([]picked, len(among))
	for i, f := range among {
		p.found[i].note = f.note
	}
	slices.SortFunc(p.found, func(x, y picked) int { return x.note - y.note })
	words := strings.Fields(string(p.query))
	for _, word := range words {
		hits := fuzzy.FindFromNoSort(word, pickSource{p})
		next := make([]picked, len(hits))
		for i, h := range hits {
			next[i] = p.found[h.Index]
			next[i].marks = append(next[i].marks, h.MatchedIndexes...)
			next[i].score += h.Score
		}
		p.found = next
	}
	if len(words) > 0 {
		slices.SortStableFunc(p.found, func(x, y picked) int { return cmp.Compare(y.score, x.score) })
	}
}

// pickSource lets fuzzy search among what was found already.
type pickSource struct{ p *picker }

func (s pickSource) Len() int            { return len(s.p.found) }
func (s pickSource) String(i int) string { return s.p.notes[s.p.found[i].note].text }

// press does what a key says. Page is how many notes are on the screen. It
// reports whether the key ends the picking.
func (p *picker) press(k keyPress, page int) (done bool) {
	switch k.key {
	case keyRune:
		p.setQuery(append(p.query, k.r))
	case keyBackspace:
		p.setQuery(p.query[:max(len(p.query)-1, 0)])
	case keyClear:
		p.setQuery(nil)
	case keyWord:
		text := strings.TrimRight(string(p.query), " ")
		p.setQuery([]rune(text[:strings.LastIndexByte(text, ' ')+1]))
	case keyUp:
		p.chosen--
	case keyDown:
		p.chosen++
	case keyPageUp:
		p.chosen -= page
	case keyPageDown:
		p.chosen += page
	case keyEnter:
		return p.id() != ""
	case keyCancel:
		return true
	}
	p.chosen = max(min(p.chosen, len(p.found)-1), 0)
	return false
}

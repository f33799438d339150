package search

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/notesd/notesd/pkg/api"
)

// Parse understands what a person typed. Nothing is an error: what looks like
// syntax and is none is words.
//
//	milk            notes with a word that begins so, in title, body or tags
//	fresh milk      with both
//	"fresh milk"    with these words, one behind the other
//	-milk           without exactly this word; also -"fresh milk", -tag:food
//	tag:food        with this tag; tag:food,home with both
//	is:pinned       also -is:pinned, and is:archived and is:trashed
//	after:2026-01   saved on this UTC day, month or year, or later
//	before:2026     saved before it
//
// A word of one letter is found whole, and so is each word of a phrase. What is
// typed in one piece, as 3.14 or snake_case, is words one behind the other, of
// which the last may go on. A phrase that does not end is words.
func Parse(text string) *Query {
	p := parser{q: &Query{nothing: true}}
	for rest := text; ; {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			break
		}
		var negative bool
		if strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "--") {
			negative, rest = true, rest[1:]
		}
		if phrase, after, ok := cutPhrase(rest); ok {
			p.words(phrase, true, negative)
			rest = after
			continue
		}
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			end = len(rest)
		}
		if !p.filter(rest[:end], negative) {
			p.words(rest[:end], false, negative)
		}
		rest = rest[end:]
	}
	return p.q
}

// quotes are the marks that people and their phones put around a phrase.
const quotes = "\"“”„‟"

// cutPhrase cuts a phrase in quotes off the beginning of text.
func cutPhrase(text string) (phrase, after string, ok bool) {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 || !strings.ContainsRune(quotes, r) {
		return "", "", false
	}
	end := strings.IndexAny(text[size:], quotes)
	if end < 0 {
		return "", "", false
	}
	phrase, after = text[size:size+end], text[size+end:]
	_, size = utf8.DecodeRuneInString(after)
	return phrase, after[size:], true
}

type parser struct {
	q       *Query
	scanner scanner
}

// words adds the words of a phrase or of what was typed in one piece.
func (p *parser) words(text string, phrase, negative bool) {
	var parts []part
	for p.scanner.reset(text); p.scanner.next(); {
		parts = append(parts, part{kind: p.scanner.kind, key: string(p.scanner.key), whole: true})
	}
	if len(parts) == 0 {
		return
	}
	p.q.nothing = false
	last := &parts[len(parts)-1]
	last.whole = phrase || negative || last.kind == word && utf8.RuneCountInString(last.key) == 1
	for _, t := range split(parts) {
		p.add(t, negative)
	}
}

// add adds a term, once.
func (p *parser) add(t term, negative bool) {
	list := &p.q.terms
	if negative {
		list = &p.q.without
	} else {
		for _, part := range t.parts {
			p.q.sequence += part.key + " "
		}
	}
	if !slices.ContainsFunc(*list, func(o term) bool { return slices.Equal(o.parts, t.parts) }) {
		*list = append(*list, t)
	}
}

// maxParts is how long a phrase may be to be found as one: see matcher.
const maxParts = 64

func split(parts []part) []term {
	var terms []term
	for c := range slices.Chunk(parts, maxParts) {
		terms = append(terms, term{parts: c})
	}
	return terms
}

// filter adds a filter, if it is one.
func (p *parser) filter(text string, negative bool) bool {
	name, value, ok := strings.Cut(strings.ToLower(text), ":")
	if !ok {
		return false
	}
	switch name {
	case "tag":
		ok = p.tag(value, negative)
	case "is":
		ok = p.is(value, negative)
	case "before", "after":
		ok = !negative && p.date(name, value)
	default:
		return false
	}
	if ok {
		p.q.nothing = false
	}
	return ok
}

func (p *parser) tag(value string, negative bool) bool {
	tags := strings.FieldsFunc(norm.NFC.String(strings.Trim(value, quotes)), func(r rune) bool { return r == ',' })
	if len(tags) == 0 || api.ValidateTags(tags) != nil {
		return false
	}
	list := &p.q.Tags
	if negative {
		list = &p.q.NotTags
	}
	for _, t := range tags {
		if !slices.Contains(*list, t) {
			*list = append(*list, t)
		}
	}
	return true
}

func (p *parser) is(value string, negative bool) bool {
	switch {
	case value == "pinned":
		p.q.Pinned = new(!negative)
	case value == "archived" && !negative:
		p.q.State = api.StateArchived
	case value == "trashed" && !negative:
		p.q.State = api.StateTrashed
	default:
		return false
	}
	return true
}

func (p *parser) date(name, value string) bool {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		day, err := time.Parse(layout, value)
		if err != nil {
			continue
		}
		at := api.TimeOf(day)
		switch q := p.q; {
		case name == "before" && (q.Before == nil || at.Before(q.Before.Time)):
			q.Before = &at
		case name == "after" && (q.From == nil || at.After(q.From.Time)):
			q.From = &at
		}
		return true
	}
	return false
}

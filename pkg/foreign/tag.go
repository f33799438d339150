package foreign

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/notesd/notesd/pkg/api"
)

// normalTag brings another program's tag into our form: lower case, one word
// with hyphens, no comma, 64 bytes at most. It is empty where nothing remains.
func normalTag(s string) string {
	s = strings.TrimLeft(strings.TrimSpace(s), "#")
	words := strings.FieldsFunc(norm.NFC.String(strings.ToLower(s)), func(r rune) bool {
		return r == ',' || unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
	})
	s = cut(strings.Join(words, "-"), api.MaxTag)
	if api.ValidateTags([]string{s}) != nil {
		return ""
	}
	return s
}

// tags are the tags of a draft in our form, sorted, none twice.
func (r *reader) tags(d draft) []string {
	tags := []string{}
	for _, t := range d.tags {
		n := normalTag(t)
		switch {
		case n == "":
			if t = strings.TrimSpace(t); t != "" {
				r.leave("tags without a word", t)
			}
			continue
		case len(n) == api.MaxTag && len(strings.TrimSpace(t)) > api.MaxTag:
			r.leave("ends of tags longer than 64 bytes", n)
		}
		tags = append(tags, n)
	}
	slices.Sort(tags)
	tags = slices.Compact(tags)
	if len(tags) > api.MaxTags {
		for _, t := range tags[api.MaxTags:] {
			r.leave("tags beyond the 64 of a note", t)
		}
		tags = tags[:api.MaxTags]
	}
	return tags
}

// hashtags are the #tags in a Markdown text, as Obsidian, nb, zk and memos know
// them: after white space, with one character at least that is no digit, and not
// in code.
func hashtags(text string) []string {
	var tags []string
	for line := range proseLines(text) {
		parts := splitCode(line)
		for i, part := range parts {
			if i%2 == 0 || i == len(parts)-1 { // the others are code
				tags = append(tags, tagsInWords(part)...)
			}
		}
	}
	return tags
}

func tagsInWords(s string) []string {
	var tags []string
	for word := range strings.FieldsSeq(s) {
		tag, ok := strings.CutPrefix(word, "#")
		if !ok {
			continue
		}
		if end := strings.IndexFunc(tag, func(r rune) bool { return !inHashtag(r) }); end >= 0 {
			if tag[end] == '#' { // no tag: a colour, a heading without its space
				continue
			}
			tag = tag[:end]
		}
		tag = strings.Trim(tag, "/-")
		if strings.ContainsFunc(tag, func(r rune) bool { return !unicode.IsDigit(r) }) {
			tags = append(tags, tag)
		}
	}
	return tags
}

func inHashtag(r rune) bool {
	return r == '_' || r == '-' || r == '/' || r > unicode.MaxASCII && !unicode.IsPunct(r) && !unicode.IsSpace(r) ||
		unicode.IsLetter(r) || unicode.IsDigit(r)
}

// colonTags are those that zk takes from a line of them alone: ":a:b:".
func colonTags(text string) []string {
	var tags []string
	for line := range proseLines(text) {
		line = strings.TrimSpace(line)
		inner, ok := strings.CutPrefix(line, ":")
		inner, ok2 := strings.CutSuffix(inner, ":")
		if ok && ok2 && inner != "" && !strings.ContainsFunc(inner, unicode.IsSpace) {
			tags = append(tags, strings.Split(inner, ":")...)
		}
	}
	return tags
}

// proseLines yields the lines of a Markdown text that are not in a fenced block of
// code.
func proseLines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		fence := ""
		for line := range strings.Lines(text) {
			mark := fenceOf(line)
			switch {
			case fence == "" && mark == "":
				if !yield(line) {
					return
				}
			case fence == "":
				fence = mark
			case strings.HasPrefix(mark, fence):
				fence = ""
			}
		}
	}
}

// fenceOf is the fence that a line opens or closes.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " >\t")
	for _, c := range []string{"`", "~"} {
		if fence := line[:len(line)-len(strings.TrimLeft(line, c))]; len(fence) >= 3 {
			return fence
		}
	}
	return ""
}

// splitCode cuts a line at its runs of backquotes: prose, code, prose and so on.
// What follows one that nothing closes is prose, and so is the last part always.
func splitCode(line string) []string {
	return strings.FieldsFunc(" "+line+" ", func(r rune) bool { return r == '`' })
}

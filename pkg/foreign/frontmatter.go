package foreign

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/notesd/notesd/pkg/exchange"
)

// front is what the YAML at the top of a Markdown file says of a note. Programs
// agree neither on the names nor on the form of the values.
type front struct {
	title            string
	tags             []string
	created, updated time.Time
	pinned, archived bool
	rest             string // what we have no place for, as front matter
}

// splitFrontMatter reads the front matter of a text, if there is one. What is no
// YAML is the text of the note.
func splitFrontMatter(text string, loc *time.Location) (front, string) {
	yml, body, ok := exchange.FrontMatter([]byte(text))
	if ok && strings.TrimSpace(string(yml)) == "" {
		return front{}, string(body)
	}
	var doc yaml.Node
	if !ok || yaml.Load(yml, &doc) != nil || !isBlockMapping(&doc) {
		return front{}, text
	}
	f := front{}
	lines := strings.SplitAfter(string(yml), "\n")
	pairs := doc.Content[0].Content
	var rest strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if f.field(pairs[i].Value, pairs[i+1], loc) {
			continue
		}
		end := len(lines)
		if i+2 < len(pairs) {
			end = pairs[i+2].Line - 1
		}
		for _, line := range lines[min(pairs[i].Line-1, end):end] {
			rest.WriteString(line)
		}
	}
	if rest.Len() > 0 {
		f.rest = "---\n" + rest.String() + "---\n"
	}
	return f, string(body)
}

// isBlockMapping says that each field has its own lines.
func isBlockMapping(doc *yaml.Node) bool {
	return len(doc.Content) == 1 && doc.Content[0].Kind == yaml.MappingNode && doc.Content[0].Style&yaml.FlowStyle == 0
}

// field reads one field, and reports whether it was one we have a place for.
func (f *front) field(name string, v *yaml.Node, loc *time.Location) (ok bool) {
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name)) {
	case "title":
		if ok = v.Kind == yaml.ScalarNode; ok && v.Tag != "!!null" {
			f.title = v.Value
		}
	case "tags", "tag", "keywords":
		var words []string
		words, ok = tagValues(v)
		f.tags = append(f.tags, words...)
	case "created", "createdat", "createdon", "date", "datecreated", "creationdate", "ctime":
		ok = dateValue(&f.created, v, loc)
	case "updated", "updatedat", "modified", "modifiedat", "datemodified", "lastmodified", "lastmod", "lastupdated", "mtime":
		ok = dateValue(&f.updated, v, loc)
	case "pinned", "pin":
		ok = v.Decode(&f.pinned) == nil
	case "archived":
		ok = v.Decode(&f.archived) == nil
	}
	return ok
}

// tagValues takes a list, or one text with commas or spaces between the tags.
func tagValues(v *yaml.Node) ([]string, bool) {
	switch v.Kind {
	case yaml.ScalarNode:
		if v.Tag == "!!null" {
			return nil, true
		}
		if strings.Contains(v.Value, ",") {
			return strings.Split(v.Value, ","), true
		}
		return strings.Fields(v.Value), true
	case yaml.SequenceNode:
		var tags []string
		for _, item := range v.Content {
			if item.Kind != yaml.ScalarNode {
				return nil, false
			}
			tags = append(tags, item.Value)
		}
		return tags, true
	}
	return nil, false
}

// dateForms are the ways in which people and programs write a time.
var dateForms = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02 15:04", "2006/01/02", "20060102",
}

func dateValue(t *time.Time, v *yaml.Node, loc *time.Location) bool {
	if v.Kind != yaml.ScalarNode {
		return false
	}
	for _, form := range dateForms {
		if parsed, err := time.ParseInLocation(form, strings.TrimSpace(v.Value), loc); err == nil {
			*t = parsed
			return true
		}
	}
	return false
}

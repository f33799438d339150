package exchange

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/notesd/notesd/pkg/api"
)

// A note is a Markdown file with its fields in YAML before the body:
//
//	---
//	id: "k3v9c0x7m2qa"
//	title: "Shopping"
//	tags: ["food", "home"]
//	pinned: false
//	archived: false
//	created_at: 2026-01-31T12:00:00.000Z
//	updated_at: 2026-01-31T12:00:00.000Z
//	trashed_at: null
//	---
//	- milk
//
// All that follows the line feed of the second fence is the body.

// MaxFile is the longest file that can be a note: front matter of which every
// byte is escaped, and the body.
const MaxFile = MaxFrontMatter + api.MaxBody

// MaxFrontMatter is the longest front matter that is looked at. Ours has less
// than half of it.
const MaxFrontMatter = 64 << 10

// ErrNotOurs is the error of a file that [Marshal] did not write: it has no
// front matter, or one without an id and both times.
var ErrNotOurs = errors.New("it is not a file that notes has exported")

const fence = "---\n"

// Marshal returns the file of a note.
func Marshal(n api.PortableNote) []byte {
	var b bytes.Buffer
	b.Grow(len(n.Title) + len(n.Body) + 512)
	b.WriteString(fence)
	fmt.Fprintf(&b, "id: %s\ntitle: %s\ntags: [", quote(n.ID), quote(n.Title))
	for i, t := range n.Tags {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(t))
	}
	trashed := "null"
	if n.TrashedAt != nil {
		trashed = n.TrashedAt.String()
	}
	fmt.Fprintf(&b, "]\npinned: %t\narchived: %t\ncreated_at: %s\nupdated_at: %s\ntrashed_at: %s\n",
		n.Pinned, n.Archived, n.CreatedAt, n.UpdatedAt, trashed)
	b.WriteString(fence)
	b.WriteString(n.Body)
	return b.Bytes()
}

// quote returns a text as a YAML scalar in double quotes, on one line. Letters of
// every script stay readable; what is no printable character is escaped.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// FrontMatter parts a text into the YAML before its body, and the body. Of one
// without front matter ok is false and body the whole text. Lines may end in
// CRLF, and a byte order mark may come first.
func FrontMatter(text []byte) (front, body []byte, ok bool) {
	rest := bytes.TrimPrefix(text, []byte("\ufeff"))
	line, rest, found := bytes.Cut(rest, []byte("\n"))
	if !found || !isFence(line) {
		return nil, text, false
	}
	front = rest
	for end := 0; end <= MaxFrontMatter; {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if isFence(line) {
			return front[:end], after, true
		}
		if !found {
			break
		}
		end, rest = end+len(line)+1, after
	}
	return nil, text, false
}

func isFence(line []byte) bool { return string(bytes.TrimRight(line, " \t\r")) == "---" }

// fields is our front matter as YAML has it. What looks like a number or a date
// is the text that stands there.
type fields struct {
	ID        string   `yaml:"id"`
	Title     string   `yaml:"title"`
	Tags      []string `yaml:"tags"`
	Pinned    bool     `yaml:"pinned"`
	Archived  bool     `yaml:"archived"`
	CreatedAt string   `yaml:"created_at"`
	UpdatedAt string   `yaml:"updated_at"`
	TrashedAt string   `yaml:"trashed_at"`
}

// Parse is the inverse of [Marshal]. A person may have changed the file: what of
// the text's form YAML allows is allowed, and of the fields only the id and two
// times must be there. A field that is not one of ours is an error, and so is a
// value that cannot be one. Limits are the server's to look at.
func Parse(file []byte) (api.PortableNote, error) {
	front, body, ok := FrontMatter(file)
	if !ok {
		return api.PortableNote{}, ErrNotOurs
	}
	var f fields
	err := yaml.Load(front, &f, yaml.WithKnownFields())
	if err != nil && !isOurs(front) || err == nil && !f.isOurs() {
		return api.PortableNote{}, ErrNotOurs
	}
	if err != nil {
		return api.PortableNote{}, fmt.Errorf("front matter: %w", err)
	}
	n := api.PortableNote{
		ID: f.ID, Title: f.Title, Body: string(body), Tags: f.Tags, Pinned: f.Pinned, Archived: f.Archived,
	}
	if n.Tags == nil {
		n.Tags = []string{}
	}
	if !api.ValidID(n.ID) {
		return api.PortableNote{}, api.Invalid("id", "front matter: %q is not an id", n.ID)
	}
	if f.TrashedAt != "" {
		n.TrashedAt = new(api.Time)
		err = parseTime("trashed_at", n.TrashedAt, f.TrashedAt)
	}
	err = cmp.Or(parseTime("created_at", &n.CreatedAt, f.CreatedAt), parseTime("updated_at", &n.UpdatedAt, f.UpdatedAt), err)
	if err != nil {
		return api.PortableNote{}, err
	}
	return n, nil
}

// isOurs reports whether front matter that cannot be read as it should is ours
// all the same.
func isOurs(front []byte) bool {
	var f struct {
		ID      any `yaml:"id"`
		Created any `yaml:"created_at"`
		Updated any `yaml:"updated_at"`
	}
	return yaml.Load(front, &f) == nil && f.ID != nil && f.Created != nil && f.Updated != nil
}

func (f fields) isOurs() bool { return f.ID != "" && f.CreatedAt != "" && f.UpdatedAt != "" }

func parseTime(field string, t *api.Time, text string) error {
	if err := t.UnmarshalText([]byte(text)); err != nil {
		return api.Invalid(field, "front matter: %s is %s", field, err)
	}
	return nil
}

package api

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NoteMeta is what a note and its summary have in common.
type NoteMeta struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Tags      []string `json:"tags"` // normal form (see [ValidateTags]), sorted, none twice
	Pinned    bool     `json:"pinned"`
	Archived  bool     `json:"archived"`
	CreatedAt Time     `json:"created_at"`
	UpdatedAt Time     `json:"updated_at"` // moved by title, body and tags alone
	TrashedAt *Time    `json:"trashed_at"` // nil: not in the trash
	Revision  int64    `json:"revision"`   // 1, 2, 3…: raised by every change
	// ExpiresAt is when the trash deletes the note for good, or some time after. It
	// is there in what a server answers about a note in the trash.
	ExpiresAt *Time `json:"expires_at,omitzero"`
	// Match is where the search found the note. It is there in the answer of one.
	Match *Match `json:"match,omitzero"`
}

// Note is one note of one user. Its body is Markdown. Title and body are kept
// byte for byte as they came.
type Note struct {
	NoteMeta
	Body string `json:"body"`
}

// Summary is a note as lists show it: the beginning of the body in place of it.
type Summary struct {
	NoteMeta
	Excerpt string `json:"excerpt"` // see [Excerpt]
	// Prefix is the shortest beginning of the id that no other note of the user
	// shares, in any state. It is there when the list was asked for it.
	Prefix string `json:"prefix,omitzero"`
}

// NotePage is one page of a list in full view.
type NotePage struct {
	Notes      []Note `json:"notes"`
	NextCursor string `json:"next_cursor"` // empty on the last page
}

// SummaryPage is one page of a list in summary view.
type SummaryPage struct {
	Notes      []Summary `json:"notes"`
	NextCursor string    `json:"next_cursor"` // empty on the last page
}

// NewNote is the input of POST /notes. Only the text is needed; an ID makes the
// request safe to repeat. The times are for imports, and now where absent.
type NewNote struct {
	ID        string   `json:"id,omitzero"`
	Title     string   `json:"title"`
	Body      string   `json:"body"`
	Tags      []string `json:"tags,omitzero"`
	Pinned    bool     `json:"pinned,omitzero"`
	Archived  bool     `json:"archived,omitzero"`
	CreatedAt *Time    `json:"created_at,omitzero"`
	UpdatedAt *Time    `json:"updated_at,omitzero"`
}

// Validate returns a [CodeInvalid] or [CodeTooLarge] error about the first
// field that breaks a limit. Tags must be in normal form.
func (n NewNote) Validate() error {
	if n.ID != "" && !ValidID(n.ID) {
		return Invalid("id", "an id is %d characters of 0-9 and a-z without i, l, o and u", IDLength)
	}
	if err := validateText("title", "the title", n.Title, MaxTitle); err != nil {
		return err
	}
	if err := validateText("body", "the body", n.Body, MaxBody); err != nil {
		return err
	}
	return ValidateTags(n.Tags)
}

// NotePatch is the input of PATCH /notes/{id}: what is nil stays as it is.
type NotePatch struct {
	Title    *string   `json:"title,omitzero"`
	Body     *string   `json:"body,omitzero"`
	Tags     *[]string `json:"tags,omitzero"` // replaces all tags
	Pinned   *bool     `json:"pinned,omitzero"`
	Archived *bool     `json:"archived,omitzero"`
}

// Validate is as [NewNote.Validate]. A patch that changes nothing at all is
// invalid too.
func (p NotePatch) Validate() error {
	if p == (NotePatch{}) {
		return Invalid("", "the patch changes nothing: give title, body, tags, pinned or archived")
	}
	if p.Title != nil {
		if err := validateText("title", "the title", *p.Title, MaxTitle); err != nil {
			return err
		}
	}
	if p.Body != nil {
		if err := validateText("body", "the body", *p.Body, MaxBody); err != nil {
			return err
		}
	}
	if p.Tags != nil {
		return ValidateTags(*p.Tags)
	}
	return nil
}

// Append is the input of POST /notes/{id}/append: Text goes to the end of the
// body, on a line of its own.
type Append struct {
	Text string `json:"text"`
}

// Validate is as [NewNote.Validate]. An empty text is invalid.
func (a Append) Validate() error {
	if a.Text == "" {
		return Invalid("text", "there is no text to append")
	}
	return validateText("text", "the text", a.Text, MaxBody)
}

// Purged is the answer of DELETE /notes?state=trashed.
type Purged struct {
	Purged int `json:"purged"` // how many notes are gone for good
}

// ValidateTags returns an error about the first tag that is empty, longer than
// [MaxTag], or holds white space, a comma, a control character or a capital
// letter, or when there are more than [MaxTags]. The server brings tags into
// lower case and Unicode's NFC before it asks.
func ValidateTags(tags []string) error {
	if len(tags) > MaxTags {
		return Invalid("tags", "a note has at most %d tags", MaxTags)
	}
	for _, t := range tags {
		if err := validateText("tags", "a tag", t, MaxTag); err != nil {
			return err
		}
		if t == "" || strings.ContainsFunc(t, notInTag) {
			return Invalid("tags", "a tag is one word without spaces and commas: %q", t)
		}
	}
	return nil
}

func notInTag(r rune) bool {
	return r == ',' || unicode.IsSpace(r) || unicode.IsControl(r) || r != unicode.ToLower(r)
}

// validateText refuses what no engine could give back byte for byte, and what
// is too long. Name is what the message calls it.
func validateText(field, name, s string, limit int) error {
	switch {
	case len(s) > limit:
		return &Error{Code: CodeTooLarge, Field: field, Message: name + " is longer than " + bytesText(limit)}
	case !utf8.ValidString(s):
		return Invalid(field, "%s is not valid UTF-8", name)
	case strings.IndexByte(s, 0) >= 0:
		return Invalid(field, "%s holds a NUL character", name)
	}
	return nil
}

func bytesText(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + " KiB"
	}
	return strconv.Itoa(n) + " bytes"
}

// excerptRunes is how many characters of the body a summary shows: two lines of
// a wide terminal.
const excerptRunes = 160

// Excerpt returns the beginning of a body as one line: white space is folded to
// single spaces, control characters are left out, and what is longer than 160
// characters ends in an ellipsis.
func Excerpt(body string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range body {
		switch {
		case unicode.IsSpace(r):
			space = n > 0
			continue
		case unicode.IsControl(r):
			continue
		}
		if space {
			n++
		}
		if n >= excerptRunes {
			b.WriteRune('…')
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

package foreign

import (
	"cmp"
	"path"
	"strconv"
	"strings"
)

// keepNote is a JSON file of Takeout.
type keepNote struct {
	Title       string `json:"title"`
	TextContent string `json:"textContent"`
	ListContent []struct {
		Text      string `json:"text"`
		IsChecked flag   `json:"isChecked"`
	} `json:"listContent"`
	Labels []struct {
		Name string `json:"name"`
	} `json:"labels"`
	IsPinned   flag   `json:"isPinned"`
	IsArchived flag   `json:"isArchived"`
	IsTrashed  flag   `json:"isTrashed"`
	Edited     moment `json:"userEditedTimestampUsec"`
	Created    moment `json:"createdTimestampUsec"`

	Annotations []struct {
		Title string `json:"title"`
		URL   string `json:"url"`
	} `json:"annotations"`
	Attachments []struct {
		FilePath string `json:"filePath"`
	} `json:"attachments"`
	Color   string `json:"color"`
	Sharees []struct {
		Email   string `json:"email"`
		IsOwner flag   `json:"isOwner"`
	} `json:"sharees"`
	Reminders []struct{} `json:"reminders"`
}

// readKeep reads the JSON files of Takeout. The HTML beside each says the same.
func readKeep(r *reader) {
	r.files(func(f file) bool {
		if !strings.EqualFold(path.Ext(f.name), ".json") {
			return true
		}
		head, err := f.head()
		if err == nil && !looksLike("keep", head) { // another of Google's products
			return true
		}
		var n keepNote
		if err == nil {
			err = object(f, &n)
		}
		if err != nil {
			return r.fail(f.name, err)
		}
		return r.note(r.keepDraft(n, f))
	})
}

func (r *reader) keepDraft(n keepNote, f file) draft {
	base := path.Base(f.name)
	d := draft{
		key:  base,
		name: base, title: n.Title, body: n.body(),
		pinned: bool(n.IsPinned), archived: bool(n.IsArchived), trashed: bool(n.IsTrashed),
		created: n.Created.Time, updated: n.Edited.Time, modified: f.modified,
	}
	if !n.Created.IsZero() { // it stays, while the file is named after the title
		d.key = strconv.FormatInt(n.Created.UnixMicro(), 10)
	}
	for _, l := range n.Labels {
		d.tags = append(d.tags, l.Name)
	}
	for _, a := range n.Attachments {
		r.leave("attachments", a.FilePath)
	}
	for _, s := range n.Sharees {
		if !s.IsOwner {
			r.leave("people a note was shared with", s.Email)
		}
	}
	if n.Color != "" && n.Color != "DEFAULT" {
		r.leave("colours", d.name)
	}
	if len(n.Reminders) > 0 {
		r.leave("reminders", d.name)
	}
	return d
}

// body is the text, the list with boxes to tick, and those links that the text
// does not have.
func (n keepNote) body() string {
	var b strings.Builder
	b.WriteString(n.TextContent)
	for _, item := range n.ListContent {
		box := "- [ ] "
		if item.IsChecked {
			box = "- [x] "
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(box + strings.ReplaceAll(item.Text, "\n", " "))
	}
	for _, a := range n.Annotations {
		if a.URL != "" && !strings.Contains(b.String(), a.URL) {
			b.WriteString("\n\n[" + cmp.Or(oneLine(a.Title), a.URL) + "](" + a.URL + ")")
		}
	}
	return b.String()
}

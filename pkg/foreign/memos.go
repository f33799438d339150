package foreign

import (
	"cmp"
	"path"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// memo is a row of the table memo, or what the API of one of its versions calls a
// memo. The names of the one are those of the other with underscores.
type memo struct {
	UID  string `json:"uid"`
	Name string `json:"name"` // in the API, "memos/" and the uid
	ID   number `json:"id"`   // what there was before the uid

	Content    string      `json:"content"`
	Tags       []string    `json:"tags"`
	Pinned     flag        `json:"pinned"`
	Visibility string      `json:"visibility"`
	State      string      `json:"state"`
	RowStatus  string      `json:"row_status,case:ignore"` // what the state was once
	CreateTime moment      `json:"createTime"`
	UpdateTime moment      `json:"updateTime"`
	CreatedTS  moment      `json:"created_ts,case:ignore"`
	UpdatedTS  moment      `json:"updated_ts,case:ignore"`
	Payload    memoPayload `json:"payload"`

	Attachments memoFiles  `json:"attachments"`
	Resources   memoFiles  `json:"resources"` // what attachments were once
	Resource    memoFiles  `json:"resourceList"`
	Reactions   []struct{} `json:"reactions"`
	Location    *struct{}  `json:"location"`

	Memos []memo `json:"memos"` // of a page, where pages stand in an array
}

// memoPayload is JSON in a string, as the database has it.
type memoPayload struct {
	Tags     []string  `json:"tags"`
	Location *struct{} `json:"location"`
}

// UnmarshalJSON implements json.Unmarshaler. What cannot be read is left out: the
// text of the memo has its tags too.
func (p *memoPayload) UnmarshalJSON(b []byte) error {
	type plain memoPayload
	_ = json.Unmarshal(unquoted(b), (*plain)(p), lenient)
	return nil
}

// memoFiles are the names of what is attached: of objects in the API, of strings
// in what docs/moving.md has sqlite3 print.
type memoFiles []string

// UnmarshalJSON implements json.Unmarshaler. It leaves out what has no name.
func (m *memoFiles) UnmarshalJSON(b []byte) error {
	b = unquoted(b)
	if json.Unmarshal(b, (*[]string)(m), lenient) == nil {
		return nil
	}
	var objects []struct {
		Filename string `json:"filename"`
	}
	_ = json.Unmarshal(b, &objects, lenient)
	*m = nil
	for _, o := range objects {
		*m = append(*m, o.Filename)
	}
	return nil
}

// unquoted is the JSON in a JSON string, or what there is.
func unquoted(b []byte) []byte {
	var s string
	if json.Unmarshal(b, &s, lenient) == nil {
		return []byte(s)
	}
	return b
}

func readMemos(r *reader) {
	r.files(func(f file) bool {
		var each func(string, memo) bool
		each = func(_ string, m memo) bool {
			for _, inner := range m.Memos {
				if !each("", inner) {
					return false
				}
			}
			return m.Memos != nil || r.note(r.memoDraft(m, f))
		}
		objects(r, f, each)
		return true
	})
}

func (r *reader) memoDraft(m memo, f file) draft {
	title, body := splitTitle(m.Content)
	d := draft{
		key:  cmp.Or(m.UID, path.Base(m.Name)),
		name: title, title: title, body: body,
		tags:     append(append(hashtags(m.Content), m.Tags...), m.Payload.Tags...),
		pinned:   bool(m.Pinned),
		archived: strings.EqualFold(cmp.Or(m.State, m.RowStatus), "archived"),
		created:  m.CreateTime.Time, updated: m.UpdateTime.Time, modified: f.modified,
	}
	if m.Name == "" && m.UID == "" {
		d.key = strconv.FormatInt(int64(m.ID), 10)
	}
	if d.created.IsZero() {
		d.created, d.updated = m.CreatedTS.Time, m.UpdatedTS.Time
	}
	for _, files := range []memoFiles{m.Attachments, m.Resources, m.Resource} {
		for _, name := range files {
			r.leave("attachments", cmp.Or(name, d.name))
		}
	}
	switch strings.ToUpper(m.Visibility) {
	case "PUBLIC", "PROTECTED", "SPACE", "WORKSPACE":
		r.leave("memos that others could read, now yours alone", d.name)
	}
	if m.Location != nil || m.Payload.Location != nil {
		r.leave("places", d.name)
	}
	if len(m.Reactions) > 0 {
		r.leave("reactions", d.name)
	}
	return d
}

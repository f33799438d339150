package foreign

import (
	"path"
	"strings"
)

// simpleNote is an entry of notes.json.
type simpleNote struct {
	ID           string   `json:"id"`
	Content      string   `json:"content"`
	CreationDate moment   `json:"creationDate"`
	LastModified moment   `json:"lastModified"`
	Tags         []string `json:"tags"`
	Pinned       flag     `json:"pinned"`

	PublicURL     string   `json:"publicURL"`
	Collaborators []string `json:"collaboratorEmails"`
}

// readSimplenote reads notes.json alone: the text files beside it in the zip are
// the same notes once more.
func readSimplenote(r *reader) {
	r.files(func(f file) bool {
		if r.src.many && path.Base(f.name) != "notes.json" {
			return true
		}
		objects(r, f, func(member string, n simpleNote) bool {
			title, body := splitTitle(n.Content)
			if n.PublicURL != "" {
				r.leave("pages on the web", title)
			}
			for _, who := range n.Collaborators {
				r.leave("people a note was shared with", who)
			}
			key := n.ID
			if key == "" { // as the first exports were
				key = n.CreationDate.String() + "\x00" + title
			}
			return r.note(draft{
				key: key, name: title, title: title, body: body, tags: n.Tags, pinned: bool(n.Pinned),
				trashed: strings.HasPrefix(member, "trash"),
				created: n.CreationDate.Time, updated: n.LastModified.Time, modified: f.modified,
			})
		})
		return true
	})
}

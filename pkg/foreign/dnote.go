package foreign

// dnoteNote is a row of what docs/moving.md has sqlite3 print.
type dnoteNote struct {
	UUID     string `json:"uuid"`
	Book     string `json:"book"`
	Body     string `json:"body"`
	AddedOn  moment `json:"added_on"`
	EditedOn moment `json:"edited_on"`
	Deleted  flag   `json:"deleted"`
}

// readDnote makes a tag of each book. A deleted note waits there without its text
// for the next sync.
func readDnote(r *reader) {
	r.files(func(f file) bool {
		objects(r, f, func(_ string, n dnoteNote) bool {
			title, body := splitTitle(n.Body)
			if n.Deleted {
				r.leave("deleted notes, of which no text is left", n.Book)
				return true
			}
			return r.note(draft{
				key: n.UUID, name: title, title: title, body: body, tags: []string{n.Book},
				created: n.AddedOn.Time, updated: n.EditedOn.Time, modified: f.modified,
			})
		})
		return true
	})
}

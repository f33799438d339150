package api

// Revision is one text that a note had, or has: title, body and tags. A change
// of anything else makes a revision of the note, too, but none of these.
type Revision struct {
	Number    int64    `json:"revision"` // the last revision of the note with this text
	Title     string   `json:"title"`
	Tags      []string `json:"tags"`
	Size      int      `json:"size"`       // of the body, in bytes
	UpdatedAt Time     `json:"updated_at"` // when this text was saved

	ReplacedAt *Time  `json:"replaced_at"` // nil: it is the present one
	ReplacedBy Action `json:"replaced_by,omitzero"`
	Operation  string `json:"operation,omitzero"` // that replaced it, while it can be undone
}

// RevisionText is a revision with its body.
type RevisionText struct {
	Revision
	Body string `json:"body"`
}

// RevisionList is the answer of GET /notes/{id}/revisions: the present text, then
// those that it replaced, the last one first.
type RevisionList struct {
	Revisions []Revision `json:"revisions"`
}

// Revert is the input of POST /notes/{id}/revert.
type Revert struct {
	Revision int64 `json:"revision"` // of the text that the note is to have again
}

// Validate returns a [CodeInvalid] error for what no revision is.
func (r Revert) Validate() error {
	if r.Revision < 1 {
		return Invalid("revision", "a revision is a number from 1 on")
	}
	return nil
}

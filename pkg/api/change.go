package api

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// ChangeKind is what became of a note.
type ChangeKind string

// The kinds there are.
const (
	ChangeSaved   ChangeKind = "saved"   // it is there, new or not as it was
	ChangeTrashed ChangeKind = "trashed" // it is in the trash
	ChangePurged  ChangeKind = "purged"  // it is gone for good
)

// ChangeMeta says which note was written. Whoever follows applies a change whose
// revision is higher than the one he has of this note: the same may come twice.
type ChangeMeta struct {
	Kind     ChangeKind `json:"kind"`
	ID       string     `json:"id"`
	Revision int64      `json:"revision"`
}

// Change is one note that was written, as it is now.
type Change struct {
	ChangeMeta
	Note *Note `json:"note,omitzero"` // nil: it is gone for good
}

// ChangeList is the answer of GET /changes: what was written since, in order.
type ChangeList struct {
	Changes []Change `json:"changes"`
	Cursor  string   `json:"cursor"` // to go on from
	More    bool     `json:"more"`   // there are more already
}

// LiveChange is the data of an event "change" of the stream.
type LiveChange struct {
	ChangeMeta
	Note *Summary `json:"note,omitzero"` // nil: it is gone for good
}

// Hello is the data of the event "hello", with which a stream without a cursor
// begins.
type Hello struct {
	Cursor string `json:"cursor"` // the present one
}

// The events of the stream.
const (
	EventHello  = "hello"  // [Hello]
	EventChange = "change" // [LiveChange]; its id is the cursor behind it
	EventResync = "resync" // the cursor is too old: begin anew without one. Then the stream ends
)

// MediaEvents is the type of the stream.
const MediaEvents = "text/event-stream"

// HeaderLastEventID is the cursor that a stream goes on from.
const HeaderLastEventID = "Last-Event-ID"

// ChangeOptions are the query parameters of GET /changes. The zero value asks for
// the present cursor alone.
type ChangeOptions struct {
	Since string // the cursor of the answer before
	Limit int    // changes an answer, 1 to [MaxPage]; 0: [DefaultPage]
}

// Values returns the options as a query; what is zero is left out.
func (o ChangeOptions) Values() url.Values {
	v := url.Values{}
	if o.Since != "" {
		v.Set("since", o.Since)
	}
	if o.Limit != 0 {
		v.Set("limit", strconv.Itoa(o.Limit))
	}
	return v
}

// ParseChangeOptions is the inverse of [ChangeOptions.Values], with the default
// filled in. Its errors are as those of [ParseListOptions]; the cursor is returned
// as it came.
func ParseChangeOptions(v url.Values) (ChangeOptions, error) {
	o := ChangeOptions{Limit: DefaultPage}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		value := v[name][0]
		switch {
		case len(v[name]) > 1:
			return o, Invalid(name, "%s is given twice", name)
		case name == "since" && value == "":
			return o, Invalid(name, "since is empty: leave it out, or give the cursor of an answer")
		case name == "since":
			o.Since = value
		case name == "limit":
			limit, err := parseLimit(value)
			if err != nil {
				return o, err
			}
			o.Limit = limit
		default:
			return o, Invalid(name, "there is no parameter %q", name)
		}
	}
	return o, nil
}

package api

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// MediaNDJSON is the type of what GET /export gives and POST /import takes: one
// [PortableNote] a line.
const MediaNDJSON = "application/x-ndjson"

// MaxImport is how many lines one POST /import may have.
const MaxImport = 10_000

// PortableNote is a note outside of a server, as GET /export gives it and POST
// /import takes it: all that a person would miss, and no revision, so that the
// same notes always look the same.
type PortableNote struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Body      string   `json:"body"`
	Tags      []string `json:"tags"`
	Pinned    bool     `json:"pinned"`
	Archived  bool     `json:"archived"`
	CreatedAt Time     `json:"created_at"`
	UpdatedAt Time     `json:"updated_at"`
	TrashedAt *Time    `json:"trashed_at"`
}

// ExportOptions are the query parameters of GET /export. The zero value exports
// all notes, in whatever state.
type ExportOptions struct {
	State State    // empty: all
	Tags  []string // notes that have all of these
	After string   // notes whose id is behind this one
}

// Values returns the options as a query; what is zero is left out.
func (o ExportOptions) Values() url.Values {
	v := url.Values{}
	if o.State != "" {
		v.Set("state", string(o.State))
	}
	if o.After != "" {
		v.Set("after", o.After)
	}
	for _, t := range o.Tags {
		v.Add("tag", t)
	}
	return v
}

// ParseExportOptions is the inverse of [ExportOptions.Values], with the default
// filled in. Its errors are as those of [ParseListOptions].
func ParseExportOptions(v url.Values) (o ExportOptions, err error) {
	o.State = StateAll
	for _, name := range slices.Sorted(maps.Keys(v)) {
		value := v[name][0]
		if len(v[name]) > 1 && name != "tag" {
			return o, Invalid(name, "%s is given twice", name)
		}
		switch name {
		case "state":
			o.State, err = oneOf(name, value, StateActive, StateArchived, StateTrashed, StateAll)
		case "after":
			if !ValidID(value) {
				err = Invalid(name, "%q is not an id", value)
			}
			o.After = value
		case "tag":
			o.Tags = v[name]
		default:
			err = Invalid(name, "there is no parameter %q", name)
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// ImportOptions are the query parameters of POST /import.
type ImportOptions struct {
	Overwrite bool // a note with an id that is taken replaces the one that is there
	DryRun    bool // change nothing, and say what would be
}

// Values returns the options as a query; what is zero is left out.
func (o ImportOptions) Values() url.Values {
	v := url.Values{}
	if o.Overwrite {
		v.Set("overwrite", strconv.FormatBool(true))
	}
	if o.DryRun {
		v.Set("dry_run", strconv.FormatBool(true))
	}
	return v
}

// ImportResult is what became of the lines of POST /import.
type ImportResult struct {
	Added     int `json:"added"`
	Unchanged int `json:"unchanged"` // were there, and are the same
	Kept      int `json:"kept"`      // were there with other content, and are as they were
	Replaced  int `json:"replaced"`  // had other content, which is in their history now

	KeptIDs []string        `json:"kept_ids"` // which were kept, by their lines
	Failed  []ImportFailure `json:"failed"`   // by their lines
}

// ImportFailure is a line that is no note, or not one that can be there.
type ImportFailure struct {
	Line   int    `json:"line"` // from 1
	Detail string `json:"detail"`
}

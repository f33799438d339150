package api

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// State is the part of a user's notes that a list shows.
type State string

// The states there are. A note that is both archived and trashed is trashed.
const (
	StateActive   State = "active"   // neither archived nor trashed; what a list shows unless told
	StateArchived State = "archived" // archived and not trashed
	StateTrashed  State = "trashed"  // in the trash, archived or not
	StateAll      State = "all"      // all of these
)

// Sort is what a list is ordered by. Ties are ordered by id, in the same
// direction.
type Sort string

// The sorts there are.
const (
	SortUpdated Sort = "updated" // updated_at; what a list is ordered by unless told
	SortCreated Sort = "created" // created_at
	SortTitle   Sort = "title"   // the title, without case
	SortID      Sort = "id"      // the id, which never changes
)

// Order is the direction of a list.
type Order string

// The orders there are. Unless told, times descend, titles and ids ascend.
const (
	OrderAsc  Order = "asc"
	OrderDesc Order = "desc"
)

// View is how much of each note a list carries.
type View string

// The views there are.
const (
	ViewFull    View = "full"    // whole notes; what a list carries unless told
	ViewSummary View = "summary" // an excerpt in place of the body
)

// ListOptions are the query parameters of GET /notes. The zero value lists the
// first page of the active notes, last saved first.
type ListOptions struct {
	// Query is what the notes must say (docs/searching.md has the syntax). They
	// then come best first, and Sort and Order must be empty. What it says of the
	// state overrides State, and the rest of it narrows the list.
	Query  string
	State  State
	Tags   []string // notes that have all of these
	Pinned *bool    // notes that are pinned, or not; nil: both
	ID     string   // notes whose id begins so
	Since  *Time    // notes with this UpdatedAt or a later one
	Before *Time    // notes with an earlier UpdatedAt
	Sort   Sort
	Order  Order
	View   View
	Prefix bool   // give each summary its shortest unique id prefix
	Limit  int    // notes a page, 1 to [MaxPage]; 0: [DefaultPage]
	Cursor string // next_cursor of the page before, with all else the same
}

// Values returns the options as a query; what is zero is left out.
func (o ListOptions) Values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", o.Query)
	set("state", string(o.State))
	set("id", o.ID)
	set("sort", string(o.Sort))
	set("order", string(o.Order))
	set("view", string(o.View))
	set("cursor", o.Cursor)
	for _, t := range o.Tags {
		v.Add("tag", t)
	}
	if o.Since != nil {
		v.Set("since", o.Since.String())
	}
	if o.Before != nil {
		v.Set("before", o.Before.String())
	}
	if o.Pinned != nil {
		v.Set("pinned", strconv.FormatBool(*o.Pinned))
	}
	if o.Prefix {
		v.Set("prefix", "true")
	}
	if o.Limit != 0 {
		v.Set("limit", strconv.Itoa(o.Limit))
	}
	return v
}

// ParseListOptions is the inverse of [ListOptions.Values], with every default
// filled in. It returns a [CodeInvalid] error that names the parameter for an
// unknown one, one given twice (but tag), and a value out of range. The cursor
// and the tags are returned as they came. With a query there is no sort.
func ParseListOptions(v url.Values) (ListOptions, error) {
	o := ListOptions{State: StateActive, View: ViewFull, Limit: DefaultPage}
	for _, name := range slices.Sorted(maps.Keys(v)) { // so that the same query always gives the same error
		values := v[name]
		if len(values) > 1 && name != "tag" {
			return o, Invalid(name, "%s is given twice", name)
		}
		if err := o.set(name, values); err != nil {
			return o, err
		}
	}
	if err := o.setOrder(); err != nil {
		return o, err
	}
	if o.Prefix && o.View != ViewSummary {
		return o, Invalid("prefix", "prefix goes with view=summary")
	}
	return o, nil
}

// setOrder fills in the defaults, which a search has none of.
func (o *ListOptions) setOrder() error {
	if o.Query != "" {
		for _, given := range []struct{ name, value string }{{"order", string(o.Order)}, {"sort", string(o.Sort)}} {
			if given.value != "" {
				return Invalid(given.name, "a search has an order of its own: leave out %s", given.name)
			}
		}
		return nil
	}
	if o.Sort == "" {
		o.Sort = SortUpdated
	}
	if o.Order == "" {
		o.Order = OrderDesc
		if o.Sort == SortTitle || o.Sort == SortID {
			o.Order = OrderAsc
		}
	}
	return nil
}

func (o *ListOptions) set(name string, values []string) (err error) {
	value := values[0]
	switch name {
	case "q":
		o.Query, err = value, checkQuery(value)
	case "state":
		o.State, err = oneOf(name, value, StateActive, StateArchived, StateTrashed, StateAll)
	case "sort":
		o.Sort, err = oneOf(name, value, SortUpdated, SortCreated, SortTitle, SortID)
	case "order":
		o.Order, err = oneOf(name, value, OrderAsc, OrderDesc)
	case "view":
		o.View, err = oneOf(name, value, ViewFull, ViewSummary)
	case "pinned":
		o.Pinned, err = parseBool(name, value)
	case "prefix":
		var p *bool
		if p, err = parseBool(name, value); err == nil {
			o.Prefix = *p
		}
	case "since":
		o.Since, err = parseMoment(name, value)
	case "before":
		o.Before, err = parseMoment(name, value)
	case "id":
		if !ValidIDPrefix(value) {
			err = Invalid(name, "%q does not begin any id", value)
		}
		o.ID = value
	case "limit":
		o.Limit, err = parseLimit(value)
	case "tag":
		o.Tags = values
	case "cursor":
		o.Cursor = value
	default:
		err = Invalid(name, "there is no parameter %q", name)
	}
	return err
}

func parseLimit(value string) (int, error) {
	limit, err := strconv.Atoi(value)
	if err != nil || limit < 1 || limit > MaxPage {
		return 0, Invalid("limit", "limit is a number from 1 to %d", MaxPage)
	}
	return limit, nil
}

func checkQuery(q string) error {
	switch {
	case q == "":
		return Invalid("q", "there is nothing to search for")
	case len(q) > MaxQuery:
		return Invalid("q", "a search is at most %s long", bytesText(MaxQuery))
	case !utf8.ValidString(q):
		return Invalid("q", "the search is not valid UTF-8")
	}
	return nil
}

func oneOf[T ~string](name, value string, allowed ...T) (T, error) {
	var list string
	for i, a := range allowed {
		if value == string(a) {
			return a, nil
		}
		if i > 0 {
			list += ", "
		}
		list += string(a)
	}
	return "", Invalid(name, "%s is one of %s", name, list)
}

func parseBool(name, value string) (*bool, error) {
	switch value {
	case "true", "false":
		b := value == "true"
		return &b, nil
	}
	return nil, Invalid(name, "%s is true or false", name)
}

// parseMoment reads an RFC 3339 time, or a day, which begins at midnight in UTC.
func parseMoment(name, value string) (*Time, error) {
	if t, err := time.Parse(time.DateOnly, value); err == nil {
		return new(TimeOf(t)), nil
	}
	var t Time
	if err := t.UnmarshalText([]byte(value)); err != nil {
		return nil, Invalid(name, "%s is a day as 2026-01-31 or an RFC 3339 time as 2026-01-31T12:00:00Z", name)
	}
	return &t, nil
}

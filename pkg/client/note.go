package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// AnyRevision tells [Client.UpdateNote] that the last write wins.
const AnyRevision = 0

// CreateNote adds a note and returns it as the server keeps it. Where n has no
// ID it gets one, so that a call whose answer was lost can be repeated with it.
func (c *Client) CreateNote(ctx context.Context, n api.NewNote, opts ...CallOption) (api.Note, error) {
	if n.ID == "" {
		n.ID = api.NewID()
	}
	if err := checkTags(n.Tags); err != nil {
		return api.Note{}, err
	}
	check := n
	check.Tags = nil // the server brings them into the form that Validate wants
	if err := check.Validate(); err != nil {
		return api.Note{}, err
	}
	return c.write(ctx, call{method: http.MethodPost, path: route("notes"), in: n}, opts)
}

// Note returns one note, in whatever state.
func (c *Client) Note(ctx context.Context, id string) (api.Note, error) {
	var n api.Note
	if !api.ValidID(id) {
		return n, notFound("note", id)
	}
	err := c.do(ctx, call{method: http.MethodGet, path: route("notes", id), out: &n})
	return c.checkNote(n, err)
}

// UpdateNote changes what the patch names, if the note still has this revision,
// and returns the note with the next one. Where somebody else was faster the
// error is [api.ErrStale], and its [Error] carries the note as it is.
func (c *Client) UpdateNote(ctx context.Context, id string, revision int64, p api.NotePatch, opts ...CallOption) (api.Note, error) {
	if !api.ValidID(id) {
		return api.Note{}, notFound("note", id)
	}
	check := p
	if p.Tags != nil {
		if err := checkTags(*p.Tags); err != nil {
			return api.Note{}, err
		}
		check.Tags = new([]string)
	}
	if err := check.Validate(); err != nil {
		return api.Note{}, err
	}
	match := "*"
	if revision != AnyRevision {
		match = fmt.Sprintf("%q", fmt.Sprint(revision))
	}
	return c.write(ctx, call{
		method: http.MethodPatch, path: route("notes", id), in: p,
		header: http.Header{"If-Match": {match}},
	}, opts)
}

// AppendNote adds text to the end of the body, on a line of its own.
func (c *Client) AppendNote(ctx context.Context, id, text string, opts ...CallOption) (api.Note, error) {
	if !api.ValidID(id) {
		return api.Note{}, notFound("note", id)
	}
	in := api.Append{Text: text}
	if err := in.Validate(); err != nil {
		return api.Note{}, err
	}
	return c.write(ctx, call{method: http.MethodPost, path: route("notes", id, "append"), in: in}, opts)
}

// RestoreNote takes a note out of the trash.
func (c *Client) RestoreNote(ctx context.Context, id string, opts ...CallOption) (api.Note, error) {
	if !api.ValidID(id) {
		return api.Note{}, notFound("note", id)
	}
	return c.write(ctx, call{method: http.MethodPost, path: route("notes", id, "restore")}, opts)
}

// TrashNote puts a note into the trash.
func (c *Client) TrashNote(ctx context.Context, id string, opts ...CallOption) error {
	if !api.ValidID(id) {
		return notFound("note", id)
	}
	r := call{method: http.MethodDelete, path: route("notes", id)}
	r.prepareWrite(opts)
	return c.do(ctx, r)
}

// PurgeNote deletes a note that is in the trash, for good.
func (c *Client) PurgeNote(ctx context.Context, id string) error {
	if !api.ValidID(id) {
		return notFound("note", id)
	}
	return c.do(ctx, call{
		method: http.MethodDelete, path: route("notes", id), query: url.Values{"purge": {"true"}},
	})
}

// EmptyTrash deletes all notes in the trash for good and returns how many.
func (c *Client) EmptyTrash(ctx context.Context) (int, error) {
	var p api.Purged
	err := c.do(ctx, call{
		method: http.MethodDelete, path: route("notes"), query: url.Values{"state": {"trashed"}}, out: &p,
	})
	return p.Purged, err
}

func (c *Client) write(ctx context.Context, r call, opts []CallOption) (api.Note, error) {
	var n api.Note
	r.out = &n
	r.prepareWrite(opts)
	err := c.do(ctx, r)
	return c.checkNote(n, err)
}

// checkNote refuses an answer that is no note, so that nobody takes a text for
// saved that is not.
func (c *Client) checkNote(n api.Note, err error) (api.Note, error) {
	if err == nil && !api.ValidID(n.ID) {
		return api.Note{}, c.foreign("no note where one was expected")
	}
	return n, err
}

// prepareWrite gives the call an Operation-Id, which makes it safe to repeat.
func (r *call) prepareWrite(opts []CallOption) {
	if r.header == nil {
		r.header = http.Header{}
	}
	for _, o := range opts {
		o(r)
	}
	if r.header.Get(api.HeaderOperation) == "" {
		r.header.Set(api.HeaderOperation, api.NewID())
	}
	r.repeat = true
}

// checkTags refuses what JSON cannot carry; the rest of the rules is the
// server's to apply.
func checkTags(tags []string) error {
	for _, t := range tags {
		if !utf8.ValidString(t) {
			return api.Invalid("tags", "a tag is not valid UTF-8")
		}
	}
	return nil
}

func notFound(what, id string) error {
	return &api.Error{Code: api.CodeNotFound, Message: fmt.Sprintf("there is no %s %q", what, id)}
}

// route returns the path of an API route. Its elements are words and ids, so
// nothing in them needs escaping.
func route(elements ...string) []string { return append([]string{api.Prefix}, elements...) }

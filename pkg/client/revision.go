package client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/notesd/notesd/pkg/api"
)

// ListRevisions returns the texts that a note had, without their bodies: the
// present one, then those that it replaced, the last one first.
func (c *Client) ListRevisions(ctx context.Context, id string) ([]api.Revision, error) {
	if !api.ValidID(id) {
		return nil, notFound("note", id)
	}
	var l api.RevisionList
	err := c.do(ctx, call{method: http.MethodGet, path: route("notes", id, "revisions"), out: &l})
	return l.Revisions, err
}

// Revision returns one of these texts. The error of one that is not among them
// is [api.ErrNotFound] with the field "revision".
func (c *Client) Revision(ctx context.Context, id string, revision int64) (api.RevisionText, error) {
	var r api.RevisionText
	if !api.ValidID(id) {
		return r, notFound("note", id)
	}
	path := route("notes", id, "revisions", strconv.FormatInt(revision, 10))
	err := c.do(ctx, call{method: http.MethodGet, path: path, out: &r})
	if err == nil && r.Number != revision {
		return r, c.foreign("another revision than the one that was asked for")
	}
	return r, err
}

// RevertNote gives a note the title, body and tags that it had at a revision of
// its past, if it still has this revision, which may be [AnyRevision]. What it
// has now becomes history.
func (c *Client) RevertNote(ctx context.Context, id string, revision, past int64, opts ...CallOption) (api.Note, error) {
	if !api.ValidID(id) {
		return api.Note{}, notFound("note", id)
	}
	in := api.Revert{Revision: past}
	if err := in.Validate(); err != nil {
		return api.Note{}, err
	}
	r := call{method: http.MethodPost, path: route("notes", id, "revert"), in: in, header: http.Header{}}
	if revision != AnyRevision {
		r.header.Set("If-Match", fmt.Sprintf(`"%d"`, revision))
	}
	return c.write(ctx, r, opts)
}

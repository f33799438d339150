package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// ListTags returns the tags of the user's notes, ascending by their bytes, and
// how many notes have each that are not in the trash.
func (c *Client) ListTags(ctx context.Context) ([]api.TagCount, error) {
	var l api.TagList
	err := c.do(ctx, call{method: http.MethodGet, path: route("tags"), out: &l})
	return l.Tags, err
}

// RenameTag calls a tag by another name in all notes that have it, those in the
// archive and in the trash too. Where there is a tag of this name the two become
// one. An answer with More wants the same call again [WithOperation] of the same
// id: the rest was too much for one request.
func (c *Client) RenameTag(ctx context.Context, tag, name string, opts ...CallOption) (api.TagRenamed, error) {
	var done api.TagRenamed
	if !utf8.ValidString(tag) || tag == "" {
		return done, notFound("tag", tag)
	}
	if !utf8.ValidString(name) {
		return done, api.Invalid("name", "a tag is not valid UTF-8")
	}
	r := call{method: http.MethodPatch, path: route("tags", element(tag)), in: api.TagRename{Name: name}, out: &done}
	r.prepareWrite(opts)
	err := c.do(ctx, r)
	return done, err
}

// element returns any text as one element of a path. Dots are escaped too, since
// two of them alone would lead up.
func element(s string) string { return strings.ReplaceAll(url.PathEscape(s), ".", "%2E") }

package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/notesd/notesd/pkg/api"
)

// ListOperations returns what the user did last, from whichever program, the
// latest first.
func (c *Client) ListOperations(ctx context.Context) ([]api.Operation, error) {
	var l api.OperationList
	err := c.do(ctx, call{method: http.MethodGet, path: route("operations"), out: &l})
	return l.Operations, err
}

// Undo takes an operation back and yields what became of its notes, part by
// part, doing the next when it is asked for. An error is the last thing it
// yields; what was done until then stays done, and the same call
// [WithOperation] of the same id does the rest.
func (c *Client) Undo(ctx context.Context, operation string, opts ...CallOption) iter.Seq2[api.Undone, error] {
	return func(yield func(api.Undone, error) bool) {
		if !api.ValidID(operation) {
			yield(api.Undone{}, notFound("operation", operation))
			return
		}
		r := call{method: http.MethodPost, path: route("operations", operation, "undo")}
		r.prepareWrite(opts)
		for range maxPages {
			var part api.Undone
			r.out = &part
			if err := c.do(ctx, r); err != nil {
				yield(api.Undone{}, err)
				return
			}
			if !yield(part, nil) || part.NextCursor == "" {
				return
			}
			if part.NextCursor <= r.query.Get("cursor") {
				break
			}
			r.query = url.Values{"cursor": {part.NextCursor}}
		}
		yield(api.Undone{}, c.foreign("an undo without an end"))
	}
}

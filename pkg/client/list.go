package client

import (
	"context"
	"iter"
	"net/http"

	"github.com/notesd/notesd/pkg/api"
)

// maxPages ends a list that has no end: no store here holds 20 million notes of
// one user.
const maxPages = 100_000

// ListNotes returns one page of whole notes.
func (c *Client) ListNotes(ctx context.Context, o api.ListOptions) (api.NotePage, error) {
	var p api.NotePage
	o.View = api.ViewFull
	err := c.do(ctx, call{method: http.MethodGet, path: route("notes"), query: o.Values(), out: &p})
	return p, err
}

// ListSummaries returns one page of notes without their bodies.
func (c *Client) ListSummaries(ctx context.Context, o api.ListOptions) (api.SummaryPage, error) {
	var p api.SummaryPage
	o.View = api.ViewSummary
	err := c.do(ctx, call{method: http.MethodGet, path: route("notes"), query: o.Values(), out: &p})
	return p, err
}

// AllNotes yields the notes of all pages from o.Cursor on, asking for each page
// when it is needed; o.Limit is the size of a page. An error is the last thing
// it yields.
func (c *Client) AllNotes(ctx context.Context, o api.ListOptions) iter.Seq2[api.Note, error] {
	return pages(c, o, func(o api.ListOptions) ([]api.Note, string, error) {
		p, err := c.ListNotes(ctx, o)
		return p.Notes, p.NextCursor, err
	})
}

// AllSummaries is as [Client.AllNotes] for summaries.
func (c *Client) AllSummaries(ctx context.Context, o api.ListOptions) iter.Seq2[api.Summary, error] {
	return pages(c, o, func(o api.ListOptions) ([]api.Summary, string, error) {
		p, err := c.ListSummaries(ctx, o)
		return p.Notes, p.NextCursor, err
	})
}

func pages[T any](c *Client, o api.ListOptions, page func(api.ListOptions) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for range maxPages {
			items, next, err := page(o)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if len(items) == 0 || next == o.Cursor {
				break
			}
			o.Cursor = next
		}
		yield(zero, c.foreign("a list without an end"))
	}
}

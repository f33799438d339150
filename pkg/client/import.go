package client

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// Import adds notes with their ids and times, and says what became of each: the
// line of a failure is its place among the notes, from 1. Of many notes some 1000
// at a time are best; together they must not be more than 8 MiB of JSON. To
// import the same notes again changes nothing.
func (c *Client) Import(ctx context.Context, notes []api.PortableNote, o api.ImportOptions, opts ...CallOption) (api.ImportResult, error) {
	var lines bytes.Buffer
	for _, n := range notes {
		if !utf8.ValidString(n.Title) || !utf8.ValidString(n.Body) || slices.ContainsFunc(n.Tags, invalidUTF8) {
			return api.ImportResult{}, api.Invalid("", "note %s is not valid UTF-8", n.ID)
		}
		if n.Tags == nil {
			n.Tags = []string{}
		}
		line, err := encode(n)
		if err != nil {
			return api.ImportResult{}, err
		}
		lines.Write(line)
	}
	return c.ImportLines(ctx, lines.Bytes(), o, opts...)
}

func invalidUTF8(s string) bool { return !utf8.ValidString(s) }

// ImportLines is as [Client.Import] for notes that are lines of JSON already. A
// line that is none fails alone.
func (c *Client) ImportLines(ctx context.Context, lines []byte, o api.ImportOptions, opts ...CallOption) (api.ImportResult, error) {
	var result api.ImportResult
	if len(lines) > api.MaxRequest {
		return result, &api.Error{Code: api.CodeTooLarge, Message: "these are more than 8 MiB of notes; import them in several parts"}
	}
	r := call{
		method: http.MethodPost, path: route("import"), query: o.Values(), out: &result, raw: lines,
		header: http.Header{"Content-Type": {api.MediaNDJSON}},
	}
	r.prepareWrite(opts)
	if err := c.do(ctx, r); err != nil {
		return api.ImportResult{}, err
	}
	sent := 0
	for line := range bytes.Lines(lines) {
		if len(bytes.TrimSpace(line)) > 0 {
			sent++
		}
	}
	if told := result.Added + result.Unchanged + result.Kept + result.Replaced + len(result.Failed); told != sent {
		return api.ImportResult{}, c.foreign("an account of %d notes where %d were sent", told, sent)
	}
	return result, nil
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
)

// writeAnswer writes one answer. Next is the cursor of the next page, where
// pages are asked for. Only what succeeded is filtered.
func writeAnswer(ctx context.Context, p *printer, res *http.Response, f apiFlags, ok bool) (next string, err error) {
	if !ok {
		f.format, f.paginate = format{}, false
	}
	if f.include {
		if err := writeHeader(p, res); err != nil {
			return "", err
		}
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	filtered := f.format.query != nil || f.format.template != nil
	whole := kind == "application/json" || kind == "application/problem+json"
	switch {
	case filtered && !whole && kind != "application/x-ndjson":
		return "", fmt.Errorf("--jq and --template want JSON, and the answer is %q", kind)
	case !filtered && !f.paginate && (!whole || !p.tty):
		return "", p.copySafe(res.Body)
	}
	values := json.NewDecoder(io.LimitReader(res.Body, maxFiltered))
	for {
		var value json.RawMessage
		if err := values.Decode(&value); errors.Is(err, io.EOF) {
			return next, nil
		} else if err != nil {
			return "", fmt.Errorf("the answer is no JSON: %w", err)
		}
		if f.paginate {
			var page struct {
				Next string `json:"next_cursor"`
			}
			_ = json.Unmarshal(value, &page) // what is no object has no next page
			next = page.Next
		}
		if err := f.format.writeData(ctx, p, value); err != nil {
			return "", err
		}
	}
}

// maxFiltered is how much of an answer is filtered: an export of gigabytes is,
// and an answer without an end is not.
const maxFiltered = 1 << 40

func writeHeader(p *printer, res *http.Response) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", res.Proto, res.Status)
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	return p.writeSafe(b.String() + "\n")
}

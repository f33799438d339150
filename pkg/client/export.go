package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// Export yields notes as they are outside of a server, ascending by id, holding
// one at a time. An error is the last thing it yields; without one, nothing is
// missing. The call takes as long as it takes: the time of [WithTimeout] counts
// for each note anew.
//
// Where the answer is cut short, Export asks for the rest.
func (c *Client) Export(ctx context.Context, o api.ExportOptions) iter.Seq2[api.PortableNote, error] {
	return func(yield func(api.PortableNote, error) bool) {
		for line, err := range c.ExportLines(ctx, o) {
			var n api.PortableNote
			if err == nil {
				if json.Unmarshal(line, &n) != nil {
					err = c.foreign("no note where one was expected")
				}
			}
			if !yield(n, err) || err != nil {
				return
			}
		}
	}
}

// ExportLines is as [Client.Export], and yields each note as the server wrote
// it: a line of JSON, without its end, that is good until the next one.
func (c *Client) ExportLines(ctx context.Context, o api.ExportOptions) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for attempt := 0; ; {
			last := o.After
			wanted, err := c.exportOnce(ctx, &o, yield)
			switch {
			case !wanted:
				return
			case err == nil && o.After == last:
				return // there is nothing behind the last one, so it was no proxy that ended the answer
			case o.After != last:
				attempt = 0
			}
			if err == nil {
				continue
			}
			if attempt++; attempt >= maxAttempts || !errors.Is(err, api.ErrUnavailable) || !c.pause(ctx, attempt-1, err) {
				yield(nil, err)
				return
			}
		}
	}
}

// exportOnce yields what one answer holds, and notes in o how far it came. A cut
// answer is api.ErrUnavailable.
func (c *Client) exportOnce(ctx context.Context, o *api.ExportOptions, yield func([]byte, error) bool) (wanted bool, err error) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := c.Do(own, Request{
		Method: http.MethodGet, Path: "/export", Query: o.Values(), Header: http.Header{"Accept": {api.MediaNDJSON}},
	})
	if res != nil {
		defer func() { _ = res.Body.Close() }()
	}
	if err != nil {
		return true, err
	}
	if !hasType(res, api.MediaNDJSON) {
		return true, c.foreign("%q where notes were expected", res.Header.Get("Content-Type"))
	}
	late := time.AfterFunc(c.timeout, cancel)
	defer late.Stop()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, api.MaxRequest)
	lines.Split(wholeLines)
	for lines.Scan() {
		late.Stop()
		var n struct{ ID string }
		if json.Unmarshal(lines.Bytes(), &n) != nil || !api.ValidID(n.ID) || n.ID <= o.After {
			return true, c.foreign("no note behind the one before where one was expected")
		}
		if !yield(lines.Bytes(), nil) {
			return false, nil
		}
		o.After = n.ID
		late.Reset(c.timeout)
	}
	switch err := lines.Err(); {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return true, ctx.Err()
	case errors.Is(err, bufio.ErrTooLong):
		return true, c.foreign("a note of more than %d MiB", api.MaxRequest>>20)
	default:
		return true, c.unreachable("cut its answer short", err)
	}
}

// wholeLines is as [bufio.ScanLines], but a line without its end is none.
func wholeLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1, data[:end], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

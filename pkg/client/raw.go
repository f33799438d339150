package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// Request is a request in the caller's own words, for a route that has no method
// here.
type Request struct {
	Method string
	Path   string // below /api/v1, escaped as in a URL: "/notes/0123456789ab"
	Query  url.Values
	Header http.Header // Authorization is the Client's
	Body   []byte      // JSON, unless Header has another Content-Type; nil: none
}

// Do sends a request with the token of the login and returns the answer as it
// comes, in whatever form and of whatever length; its Body is to be closed.
// Where the server refuses the request, the error is an [*Error] and the answer
// stands beside it, with its body.
//
// The time of [WithTimeout] counts until the answer begins. What follows ends when
// ctx does.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	below, err := rawPath(r.Path)
	if err != nil {
		return nil, err
	}
	own, cancel := context.WithCancelCause(ctx)
	late := time.AfterFunc(c.timeout, func() { cancel(context.DeadlineExceeded) })
	raw := call{method: r.Method, path: route(below), query: r.Query, header: canonical(r.Header)}
	repeatable := r.Method == http.MethodGet || r.Method == http.MethodHead
	var res *http.Response
	err = c.authorized(own, raw, func(token string) error {
		return c.retry(own, repeatable, func() (err error) {
			res, err = c.begin(own, raw, r.Body, token) //nolint:bodyclose // the caller's
			return err
		})
	})
	inTime := late.Stop()
	if res != nil && inTime {
		res.Body = &answerBody{res.Body, c, own, cancel}
		return res, err
	}
	if res != nil {
		_ = res.Body.Close()
	}
	cancel(nil)
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case !inTime:
		err = c.unreachable(fmt.Sprintf("gave no answer within %s", c.timeout), context.DeadlineExceeded)
	}
	return nil, err
}

// rawPath refuses what would leave the API for another place of the same server.
func rawPath(p string) (string, error) {
	plain, err := url.PathUnescape(p)
	if err != nil {
		return "", api.Invalid("path", "%q is no path: a %% begins two hexadecimal digits", p)
	}
	for element := range strings.SplitSeq(plain, "/") {
		if element == "." || element == ".." {
			return "", api.Invalid("path", "%q is no path of the API", p)
		}
	}
	return p, nil
}

func canonical(h http.Header) http.Header {
	c := http.Header{}
	for name, values := range h {
		c[http.CanonicalHeaderKey(name)] = values
	}
	return c
}

// begin makes one request. An answer that refuses it is an error, too, and has
// been read.
func (c *Client) begin(ctx context.Context, r call, body []byte, token string) (*http.Response, error) {
	res, err := c.exchange(ctx, r, body, token)
	if err != nil || res.StatusCode < 300 || res.StatusCode == http.StatusNotModified {
		return res, err
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	if err != nil {
		return nil, c.transportError(ctx, nil, err)
	}
	refused := *res
	refused.Body = io.NopCloser(bytes.NewReader(said))
	return &refused, c.answerError(res, said)
}

// answerBody is the body of an answer that may take its time.
type answerBody struct {
	io.ReadCloser
	client *Client
	ctx    context.Context // of the request, which ends with the body
	cancel context.CancelCauseFunc
}

func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.client.transportError(b.ctx, nil, err)
	}
	return n, err
}

func (b *answerBody) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/notesd/notesd/pkg/api"
)

// maxAnswer is the largest answer that is read: sixteen of the server's largest
// pages, so that only what is not notesd meets it.
const maxAnswer = 64 << 20

// call is one request to the API.
type call struct {
	method string
	path   []string // below the base, one element each
	query  url.Values
	header http.Header
	in     any    // the JSON body; nil: none
	raw    []byte // a body that needs no encoding, in its place
	out    any    // where the JSON answer goes; nil: there is none
	public bool   // carries no token
	repeat bool   // sent twice, it does what it does once
}

// CallOption changes one call of a write to a note.
type CallOption func(*call)

// WithOperation gives the write the Operation-Id of a command (an api id), which
// several notes may share. Without it each call makes one of its own.
func WithOperation(id string) CallOption {
	return func(c *call) { c.header.Set(api.HeaderOperation, id) }
}

// do is the one way to the server: it sends the call with the login's token,
// again with a new token when the server no longer takes the old one, and again
// after a pause when the server is away and the call allows it.
func (c *Client) do(ctx context.Context, r call) error {
	body := r.raw
	if r.in != nil {
		var err error
		if body, err = encode(r.in); err != nil {
			return err
		}
	}
	own, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := c.authorized(own, r, func(token string) error {
		return c.retry(own, r.repeat || r.method == http.MethodGet, func() error {
			return c.send(own, r, body, token)
		})
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return c.unreachable(fmt.Sprintf("gave no answer within %s", c.timeout), err)
	}
	return err
}

// authorized sends the call, and once more after a refresh when the token was
// refused: nothing was done then, so that is right for every method.
func (c *Client) authorized(ctx context.Context, r call, send func(token string) error) error {
	if c.login == nil || r.public {
		return send("")
	}
	token, err := c.login.token(ctx, c, "")
	if err != nil {
		return err
	}
	if strings.ContainsFunc(token, notInToken) { // net/http would refuse it as if the server were away
		return &Error{Err: &api.Error{Code: api.CodeUnauthorized, Message: "the token is not valid"}}
	}
	refused := send(token)
	if !errors.Is(refused, api.ErrUnauthorized) {
		return refused
	}
	token, err = c.login.token(ctx, c, token)
	if errors.Is(err, errNoRefresh) {
		return refused // in the server's own words
	}
	if err != nil {
		return err
	}
	return send(token)
}

// notInToken is what no bearer token holds (RFC 6750, 2.1): all but visible ASCII.
func notInToken(r rune) bool { return r <= ' ' || r >= 0x7f }

// send makes one request and reads its answer.
func (c *Client) send(ctx context.Context, r call, body []byte, token string) error {
	res, err := c.exchange(ctx, r, body, token)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	return c.answer(ctx, res, r.out)
}

// exchange makes one request and returns its answer, whose body is to be read.
func (c *Client) exchange(ctx context.Context, r call, body []byte, token string) (*http.Response, error) {
	u := c.base.JoinPath(r.path...)
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", c.userAgent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.transportError(ctx, res, err)
	}
	return res, nil
}

func (c *Client) answer(ctx context.Context, res *http.Response, out any) error {
	limit := maxAnswer
	if res.StatusCode >= 300 {
		limit = maxErrorBody
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	switch {
	case err != nil:
		return c.transportError(ctx, nil, err)
	case len(body) > limit:
		return c.foreign("an answer of more than %d MiB", limit>>20)
	case res.StatusCode >= 300:
		return c.answerError(res, body)
	case out == nil:
		return nil
	case !hasType(res, "application/json"):
		return c.foreign("%q where JSON was expected", res.Header.Get("Content-Type"))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return c.foreign("JSON of another form (%v)", err)
	}
	return nil
}

// transportError sorts what net/http says of a request without an answer.
func (c *Client) transportError(ctx context.Context, res *http.Response, err error) error {
	if errors.Is(err, errRedirect) {
		return c.foreign("a redirect to %s, which is not followed", location(res))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// url.Error repeats method and URL, and with them the note's id.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return c.unreachable("cannot be reached: "+err.Error(), err)
}

func (c *Client) unreachable(what string, cause error) error {
	return &Error{
		Err:   &api.Error{Code: api.CodeUnavailable, Message: fmt.Sprintf("%s %s", c.base, what)},
		cause: cause,
	}
}

// foreign is the error of an answer that notesd does not give.
func (c *Client) foreign(format string, args ...any) error {
	return fmt.Errorf("%s is not a notesd: it gave %s", c.base, fmt.Sprintf(format, args...))
}

// location is where a redirect leads, without path and query.
func location(res *http.Response) string {
	if res == nil {
		return "another place"
	}
	u, err := res.Location()
	if err != nil {
		return "another place"
	}
	return fmt.Sprintf("%q", u.Scheme+"://"+u.Host)
}

func hasType(res *http.Response, want string) bool {
	got, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return err == nil && strings.EqualFold(got, want)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // would make a body of "<" six times as long
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("client: encode: %w", err)
	}
	return b.Bytes(), nil
}

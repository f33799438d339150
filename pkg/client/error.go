package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// Error is a call that the server refused or that did not reach it. It matches
// the errors of pkg/api by errors.Is: [api.ErrUnavailable] is a server that is
// away, whether it said so itself or not.
type Error struct {
	Err       *api.Error
	Status    int    // the HTTP status; 0: there was no answer
	RequestID string // what the server's log calls the request; may be empty
	// RetryAfter is how long the server asks to wait; 0 where it does not say.
	RetryAfter time.Duration
	// Note is the note as it is now, with [api.ErrStale].
	Note *api.Note

	cause error // of Status 0
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap makes errors.Is and errors.As see the *api.Error, and what net/http
// said where there was no answer.
func (e *Error) Unwrap() []error {
	if e.cause != nil {
		return []error{e.Err, e.cause}
	}
	return []error{e.Err}
}

// maxErrorBody is read of an error answer: a problem document with the largest
// note there is. JSON may escape each byte of it as six.
const maxErrorBody = api.MaxRequest

// answerError makes the error of an answer that is not 2xx.
func (c *Client) answerError(res *http.Response, body []byte) error {
	e := &Error{
		Status: res.StatusCode, RequestID: res.Header.Get(api.HeaderRequest),
		RetryAfter: retryAfter(res.Header, c.now()),
	}
	var p api.Problem
	if !hasType(res, "application/problem+json") || json.Unmarshal(body, &p) != nil || p.Code == "" {
		e.Err = &api.Error{
			Code:    foreignCode(res.StatusCode),
			Message: fmt.Sprintf("%s answered %q without saying why", c.base, statusText(res.StatusCode)),
		}
		return e
	}
	e.Err = &api.Error{Code: p.Code, Message: p.Detail, Field: p.Field}
	e.Note = p.Note
	if p.RequestID != "" {
		e.RequestID = p.RequestID
	}
	return e
}

// foreignCode is the code of an error that notesd did not write: a proxy did, or
// the server is another one. Its 404 says nothing about a note.
func foreignCode(status int) api.Code {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return api.CodeUnavailable
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return api.CodeOf(status)
	}
	return api.CodeInternal
}

func statusText(status int) string {
	return fmt.Sprintf("%d %s", status, http.StatusText(status))
}

// retryAfter reads both forms of the header (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(min(s, 24*60*60)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}

package api

import (
	"errors"
	"fmt"
	"net/http"
)

// Code says what kind of error happened. Programs decide by it: it never
// changes its meaning, while messages may be reworded.
type Code string

// The codes there are. Each belongs to one HTTP status, see [Code.Status].
const (
	CodeInvalid       Code = "invalid"       // the input is malformed or breaks a rule
	CodeUnauthorized  Code = "unauthorized"  // no login, or one that ended
	CodeForbidden     Code = "forbidden"     // logged in, but not allowed
	CodeNotFound      Code = "not_found"     // absent, or somebody else's
	CodeMethod        Code = "method"        // the path exists, the method does not
	CodeConflict      Code = "conflict"      // the name or id is taken
	CodeGone          Code = "gone"          // it was here and was deleted for good
	CodeStale         Code = "stale"         // If-Match names a revision that is no longer the newest
	CodeTooLarge      Code = "too_large"     // over a limit of size
	CodeMediaType     Code = "media_type"    // not application/json
	CodeUnprocessable Code = "unprocessable" // well-formed, but not possible in this state
	CodePrecondition  Code = "precondition"  // If-Match is missing
	CodeRateLimited   Code = "rate_limited"  // too many attempts; Retry-After says when
	CodeInternal      Code = "internal"      // a defect of the server
	CodeUnavailable   Code = "unavailable"   // the store is away; Retry-After says when to try again
)

var statuses = map[Code]int{
	CodeInvalid:       http.StatusBadRequest,
	CodeUnauthorized:  http.StatusUnauthorized,
	CodeForbidden:     http.StatusForbidden,
	CodeNotFound:      http.StatusNotFound,
	CodeMethod:        http.StatusMethodNotAllowed,
	CodeConflict:      http.StatusConflict,
	CodeGone:          http.StatusGone,
	CodeStale:         http.StatusPreconditionFailed,
	CodeTooLarge:      http.StatusRequestEntityTooLarge,
	CodeMediaType:     http.StatusUnsupportedMediaType,
	CodeUnprocessable: http.StatusUnprocessableEntity,
	CodePrecondition:  http.StatusPreconditionRequired,
	CodeRateLimited:   http.StatusTooManyRequests,
	CodeInternal:      http.StatusInternalServerError,
	CodeUnavailable:   http.StatusServiceUnavailable,
}

// Status returns the HTTP status of the code, 500 for one it does not know.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// CodeOf returns the code of an HTTP status, for answers that carry no problem
// document (a proxy's, say). It is [CodeInternal] for a status no code has.
func CodeOf(status int) Code {
	for c, s := range statuses {
		if s == status {
			return c
		}
	}
	return CodeInternal
}

// Error is the one error of the whole program: engines, server, client and
// command line all return it, wrapped with context or not.
type Error struct {
	Code    Code
	Message string // a sentence for people, without a full stop
	Field   string // the input that is wrong, as its JSON or query name; may be empty
}

// Error returns the message, or the code where there is none.
func (e *Error) Error() string {
	if e.Message == "" {
		return string(e.Code)
	}
	return e.Message
}

// Is reports whether target is an *Error with the same code, so that
// errors.Is(err, api.ErrNotFound) means the same in every layer.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Errors to compare with by errors.Is, and to return where there is nothing
// more to say.
var (
	ErrUnauthorized = &Error{Code: CodeUnauthorized, Message: "log in first"}
	ErrNotFound     = &Error{Code: CodeNotFound, Message: "not found"}
	ErrConflict     = &Error{Code: CodeConflict, Message: "already taken"}
	ErrGone         = &Error{Code: CodeGone, Message: "deleted for good"}
	ErrStale        = &Error{Code: CodeStale, Message: "changed meanwhile"}
	ErrRateLimited  = &Error{Code: CodeRateLimited, Message: "too many attempts"}
	ErrInternal     = &Error{Code: CodeInternal, Message: "internal error"}
	ErrUnavailable  = &Error{Code: CodeUnavailable, Message: "the store cannot be reached"}
)

// Invalid returns a [CodeInvalid] error about one field.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// ErrorCode returns the code of the first *Error in err's chain, and
// [CodeInternal] when there is none.
func ErrorCode(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Problem is the body of every error answer (RFC 9457,
// application/problem+json).
type Problem struct {
	Type      string `json:"type"`   // "about:blank"
	Title     string `json:"title"`  // the phrase of the HTTP status
	Status    int    `json:"status"` // the HTTP status
	Detail    string `json:"detail"` // a sentence for people
	Code      Code   `json:"code"`
	Field     string `json:"field,omitempty"`
	RequestID string `json:"request_id"`
	Note      *Note  `json:"note,omitempty"` // with CodeStale: the note as it is now
}

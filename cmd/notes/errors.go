package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// The exit codes. They are told by `notes help exit-codes` and do not change.
const (
	exitDone        = 0
	exitOther       = 1
	exitUsage       = 2
	exitNotFound    = 3 // or ambiguous
	exitNotAllowed  = 4 // or not logged in
	exitConflict    = 5
	exitAway        = 6
	exitInterrupted = 130
)

// hinted is an error with something to do about it.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// hintBreak begins another line of a hint.
const hintBreak = "\n      "

// withHint adds a hint to an error that has none.
func withHint(err error, format string, args ...any) error {
	if _, ok := errors.AsType[hinted](err); ok || err == nil {
		return err
	}
	return hinted{err, fmt.Sprintf(format, args...)}
}

// told is an error that the user has read already.
type told struct{ error }

func (e told) Unwrap() error { return e.error }

// ambiguousError is an id prefix of several notes or logins.
type ambiguousError struct {
	prefix     string
	what       string   // "notes"
	candidates []string // one line each
}

func (e *ambiguousError) Error() string {
	return fmt.Sprintf("%q begins the ids of several %s:\n  %s", e.prefix, e.what, strings.Join(e.candidates, "\n  "))
}

// exitCode tells the user what went wrong and returns the exit code for it.
func (a *app) exitCode(err error, asJSON bool) int {
	code := codeOf(err)
	_, known := errors.AsType[told](err)
	if code != exitDone && !known {
		a.report(err, asJSON)
	}
	return code
}

// codeOf is the one place where an error becomes an exit code.
func codeOf(err error) int {
	if err == nil || errors.Is(err, syscall.EPIPE) { // the reader of a pipe has what it wanted
		return exitDone
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*ambiguousError](err); ok {
		return exitNotFound
	}
	if code, ok := errors.AsType[exitStatus](err); ok {
		return int(code)
	}
	if start, ok := errors.AsType[startError](err); ok {
		return start.code
	}
	if end, ok := errors.AsType[interrupted](err); ok {
		if s, ok := end.signal.(syscall.Signal); ok {
			return 128 + int(s) // as a shell counts
		}
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if _, ok := errors.AsType[*api.Error](err); !ok {
		return exitOther
	}
	switch api.ErrorCode(err) {
	case api.CodeInvalid:
		return exitUsage // it came from the command line, or by it
	case api.CodeNotFound, api.CodeGone:
		return exitNotFound
	case api.CodeUnauthorized, api.CodeForbidden, api.CodeRateLimited:
		return exitNotAllowed
	case api.CodeConflict, api.CodeStale:
		return exitConflict
	case api.CodeUnavailable:
		return exitAway
	default:
		return exitOther
	}
}

// report writes an error for people, or for programs as one JSON object.
func (a *app) report(err error, asJSON bool) {
	hint := a.hintFor(err)
	if !asJSON {
		a.say("notes: %v", err)
		if hint != "" {
			a.say("hint: %s", hint)
		}
		return
	}
	o := errorObject{Code: nameOf(err), Message: err.Error(), Hint: hint, Retryable: retryable(err)}
	if e, ok := errors.AsType[*client.Error](err); ok {
		o.RequestID = e.RequestID
	}
	line, _ := marshalJSON(o) // strings and a bool always can be
	_, _ = io.WriteString(a.errOut, string(line)+"\n")
}

// errorObject is an error under --json.
type errorObject struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Hint      string `json:"hint"`
	RequestID string `json:"request_id"`
	Retryable bool   `json:"retryable"`
}

// nameOf is the code of an error under --json: the API's, or one of ours.
func nameOf(err error) string {
	if _, ok := errors.AsType[usageError](err); ok {
		return "usage"
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	if _, ok := errors.AsType[*ambiguousError](err); ok {
		return "ambiguous"
	}
	if _, ok := errors.AsType[*keyringError](err); ok {
		return "keyring"
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return string(e.Code)
	}
	return "other"
}

// retryable reports whether the same command may do better later.
func retryable(err error) bool {
	return errors.Is(err, api.ErrUnavailable) || errors.Is(err, api.ErrRateLimited)
}

// hintFor is what to do about an error, where there is something.
func (a *app) hintFor(err error) string {
	if h, ok := errors.AsType[hinted](err); ok {
		return h.hint
	}
	if _, ok := errors.AsType[*client.InsecureError](err); ok {
		return "use an https URL, or allow it with --insecure-http"
	}
	if e, ok := errors.AsType[*client.Error](err); ok && e.RetryAfter > 0 {
		return fmt.Sprintf("try again in %s", e.RetryAfter.Round(time.Second))
	}
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.CodeForbidden && e.Field == "Authorization" {
		return "a login makes one that may do more: notes token create LABEL --scope write"
	}
	switch {
	case errors.Is(err, api.ErrUnauthorized) && a.token() != "":
		return "see that the token in NOTES_TOKEN is the right one, or make another with: notes token create LABEL"
	case errors.Is(err, api.ErrUnauthorized):
		return "log in with: notes login"
	case errors.Is(err, api.ErrUnavailable):
		return "see that notesd runs there, or choose another server with --server"
	}
	return ""
}

// wantsJSON reports whether the command line asks for --json, whatever else may
// be wrong with it.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.ContainsFunc(args, func(arg string) bool {
		return arg == "--json" || strings.HasPrefix(arg, "--json=")
	})
}

package server

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// retryAfterOutage is what a client is told to wait when the store is away.
const retryAfterOutage = 2 * time.Second

// retryError is an error that says when to try again.
type retryError struct {
	reason *api.Error
	after  time.Duration
}

func (e *retryError) Error() string { return e.reason.Error() }
func (e *retryError) Unwrap() error { return e.reason }

// staleError carries the note as it is, for whoever wrote to an older revision.
type staleError struct{ note api.Note }

func (e *staleError) Error() string {
	return "the note was changed meanwhile; it is now at revision " + strconv.FormatInt(e.note.Revision, 10)
}

func (e *staleError) Unwrap() error { return api.ErrStale }

// fail is the one error handler: it turns an error of a handler, of Fiber or of
// fasthttp into a problem document. What a 5xx is about goes to the log, once,
// and never to the client.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	status, p := problemOf(err)
	p.Type = "about:blank"
	p.Title = http.StatusText(status)
	p.Status = status
	p.RequestID = requestID(c)
	if p.RequestID == "" { // refused before any middleware ran
		p.RequestID = api.NewID()
		c.Set(api.HeaderRequest, p.RequestID)
		s.metrics.requests.WithLabelValues(unmatched, unknownMethod, class(status)).Inc()
	}
	if status >= fiber.StatusInternalServerError {
		s.log.LogAttrs(c.UserContext(), slog.LevelError, "request failed",
			slog.String("request_id", p.RequestID), slog.String("error", err.Error()))
	}

	setSecurityHeaders(c)
	if after := retryAfter(err, p.Code); after > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	if p.Code == api.CodeUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="notes"`)
	}
	if c.Locals(classicKey) != nil {
		return send(c, status, classicProblem(err, p))
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return c.Status(status).Send(body)
}

// problemOf returns the status of an error, and the problem as far as the error
// tells it.
func problemOf(err error) (int, api.Problem) {
	if stale, ok := errors.AsType[*staleError](err); ok {
		return api.CodeStale.Status(), api.Problem{Code: api.CodeStale, Detail: stale.Error(), Note: &stale.note}
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Code.Status(), api.Problem{Code: e.Code, Detail: detail(e, err), Field: e.Field}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return problemOf(api.ErrUnavailable)
	}
	if e, ok := errors.AsType[*fiber.Error](err); ok && e.Code < fiber.StatusInternalServerError {
		return fiberProblem(e)
	}
	return problemOf(api.ErrInternal)
}

// detail is what a client may read: the message, but of the inside nothing. Err
// is what e was found in.
func detail(e *api.Error, err error) string {
	switch {
	case e.Code == api.CodeInternal:
		return "something went wrong on the server; its log has more under this request id"
	case errors.Is(err, store.ErrFull):
		return "the server's disk is full; it can save nothing until somebody makes room"
	case e.Code == api.CodeUnavailable:
		return "the store cannot be reached; nothing is known to be wrong with the request, try again"
	}
	return e.Error()
}

// fiberProblem names what Fiber and fasthttp refuse by themselves.
func fiberProblem(e *fiber.Error) (int, api.Problem) {
	switch e.Code {
	case fiber.StatusNotFound:
		return problemOf(api.ErrNotFound)
	case fiber.StatusMethodNotAllowed:
		return e.Code, api.Problem{Code: api.CodeMethod, Detail: "this path has no such method; Allow lists those it has"}
	case fiber.StatusRequestEntityTooLarge:
		return e.Code, api.Problem{Code: api.CodeTooLarge, Detail: "the request body is over 8 MiB"}
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return e.Code, api.Problem{Code: api.CodeTooLarge, Detail: "the request line and headers are over 16 KiB"}
	case fiber.StatusRequestTimeout:
		return e.Code, api.Problem{Code: api.CodeInvalid, Detail: "the request took too long to arrive"}
	}
	return fiber.StatusBadRequest, api.Problem{Code: api.CodeInvalid, Detail: "this is not a valid HTTP request"}
}

func retryAfter(err error, code api.Code) time.Duration {
	if e, ok := errors.AsType[*retryError](err); ok {
		return e.after
	}
	if code == api.CodeUnavailable {
		return retryAfterOutage
	}
	return 0
}

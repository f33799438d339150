package server

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
)

// Keys of what middleware leaves in a request.
const (
	requestKey  = "request_id" // string
	identityKey = "identity"   // *identity
	classicKey  = "classic"    // set: errors in the tutorial's way
)

// contentPolicy is the Content-Security-Policy of every answer: our own files
// and nothing else, and no string becomes a script but through the two named
// policies.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue dompurify"

// identify gives the request an id, for answers, errors and the log.
func (s *Server) identify(c *fiber.Ctx) error {
	id := api.NewID()
	c.Locals(requestKey, id)
	c.Set(api.HeaderRequest, id)
	return c.Next()
}

// logAccess writes one line for each request, after its answer is made. Of the
// URL it has the pattern of the route and a well-formed id: the query may hold
// what a person looks for, and any other path a token that went astray.
func (s *Server) logAccess(c *fiber.Ctx) error {
	start := s.now()
	if err := c.Next(); err != nil {
		if err := s.fail(c, err); err != nil {
			return err
		}
	}
	level := slog.LevelInfo
	if c.Response().StatusCode() >= fiber.StatusInternalServerError {
		level = slog.LevelError
	}
	ctx := c.UserContext()
	if !s.log.Enabled(ctx, level) {
		return nil
	}
	attrs := []slog.Attr{
		slog.String("request_id", requestID(c)),
		slog.String("method", c.Method()),
		slog.String("route", routeOf(c)),
		slog.Int("status", c.Response().StatusCode()),
		slog.Int("bytes", answerBytes(c)),
		slog.Duration("took", s.now().Sub(start)),
		slog.Any("ip", s.clientIP(c)),
	}
	if id := c.Params("id"); api.ValidID(id) {
		attrs = append(attrs, slog.String("id", id))
	}
	if id, ok := c.Locals(identityKey).(*identity); ok {
		attrs = append(attrs, slog.String("user", id.user.ID), slog.String("session", id.session.ID))
	}
	s.log.LogAttrs(ctx, level, "request", attrs...)
	return nil
}

// answerBytes is how long an answer is; -1: it is streamed, and asking for its
// body would read all of it.
func answerBytes(c *fiber.Ctx) int {
	if c.Response().IsBodyStream() {
		return -1
	}
	return len(c.Response().Body())
}

// recover turns a panic of a handler into an internal error.
func (s *Server) recover(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return c.Next()
}

// secure sets the headers that every answer has.
func (s *Server) secure(c *fiber.Ctx) error {
	setSecurityHeaders(c)
	if s.https(c) {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	return c.Next()
}

// setSecurityHeaders is also called for what fasthttp refuses before any
// middleware runs. A handler whose answer may be kept sets its own Cache-Control.
func setSecurityHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderCacheControl, "no-store, no-transform")
}

// limitTime gives the handler a context that ends: Fiber's own never does.
func (s *Server) limitTime(c *fiber.Ctx) error {
	s.running.Add(1)
	defer s.running.Add(-1)
	ctx, cancel := context.WithTimeout(s.base, requestTimeout)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestKey).(string)
	return id
}

package server

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/valyala/fasthttp"

	"github.com/notesd/notesd/pkg/api"
)

// maxStranger is how long a body may be that comes without a token of ours. What
// strangers may ask for, to sign up or log in, is much shorter.
//
// It is decided before a byte of the body is read, because fasthttp sets aside
// as much memory as a request says that its body is long. A stranger with a
// thousand connections took gigabytes that way, for a hundred bytes each.
const maxStranger = 64 << 10

var errStranger = &api.Error{Code: api.CodeTooLarge, Message: "the request body is over 64 KiB, which is the limit without a login"}

// limitStrangers is asked by fasthttp when the headers of a request are there.
func (s *Server) limitStrangers(h *fasthttp.RequestHeader) (c fasthttp.RequestConfig) {
	n := h.ContentLength()
	if (n == chunked || n > maxStranger && n <= api.MaxRequest) && !slices.ContainsFunc(s.tokensOf(h), s.gave) {
		c.MaxRequestBodySize = maxStranger
	}
	return c
}

// chunked is what fasthttp calls the length of a body in chunks.
const chunked = -1

// tooLong is the error for a body over the limit. Who has a token, though none
// that is good, is told that: a client then gets a new one. That it is not good
// limitStrangers has found out, or it would not have come to this; of chunks, the
// headers are gone by now.
func (s *Server) tooLong(h *fasthttp.RequestHeader) error {
	switch {
	case h.ContentLength() > api.MaxRequest:
		return fiber.ErrRequestEntityTooLarge
	case len(s.tokensOf(h)) > 0:
		return api.ErrUnauthorized
	}
	return errStranger
}

// tokensOf is what in a request may be a token. The first alone may be a personal
// access token, which costs a question to the store: the others are signed.
func (s *Server) tokensOf(h *fasthttp.RequestHeader) []string {
	var tokens []string
	add := func(token string, signed bool) {
		if token != "" && (!signed || !strings.HasPrefix(token, api.TokenPrefix)) {
			tokens = append(tokens, token)
		}
	}
	_, token, _ := strings.Cut(string(h.Peek(fiber.HeaderAuthorization)), " ")
	add(strings.TrimSpace(token), false)
	for _, what := range []string{"access", "refresh"} { // whether there is TLS before a proxy is not known yet
		add(string(h.Cookie(secureCookie(what))), true)
		add(string(h.Cookie(s.plainCookie(what))), true)
	}
	if u, err := url.ParseRequestURI(string(h.RequestURI())); s.config.Classic && err == nil {
		add(u.Query().Get("TOKEN"), true)
	}
	return tokens
}

// gave reports whether a token is one that this server gave to somebody. It may
// have expired meanwhile, or its session ended: what that means is the handler's
// affair.
func (s *Server) gave(token string) bool {
	if strings.HasPrefix(token, api.TokenPrefix) {
		ctx, cancel := context.WithTimeout(s.base, requestTimeout)
		defer cancel()
		_, err := s.tokenIdentity(ctx, token)
		return !errors.Is(err, api.ErrUnauthorized) // a store that is away says so itself
	}
	if id, generation, secret, err := parseRefreshToken(token); err == nil {
		return s.ring().owns(id, generation, secret)
	}
	_, err := s.tokens.verify(token)
	return err == nil || errors.Is(err, jwt.ErrTokenExpired)
}

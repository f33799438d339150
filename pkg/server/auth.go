package server

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// touchEvery is how exactly last_used_at is kept: a write for every request
// would cost more than the request.
const touchEvery = time.Minute

// requireSession finds out the living session that a request comes from, by its
// token, and leaves its identity in the context. A request with an Authorization
// header never falls back to the cookie, and one with the cookie must come from
// our own pages when it changes something. A personal access token is never in a
// cookie.
func (s *Server) requireSession(c *fiber.Ctx) error {
	token, cookie := "", false
	if c.Request().Header.Peek(fiber.HeaderAuthorization) != nil {
		scheme, rest, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return &api.Error{Code: api.CodeUnauthorized, Message: "the Authorization header must be: Bearer TOKEN"}
		}
		token = strings.TrimSpace(rest)
	} else if token = c.Cookies(s.cookieName(c, "access")); token != "" {
		cookie = true
	}
	if token == "" {
		return api.ErrUnauthorized
	}
	identify := s.accessIdentity
	if !cookie && strings.HasPrefix(token, api.TokenPrefix) {
		identify = s.tokenIdentity
	}
	who, err := identify(c.UserContext(), token)
	if err != nil {
		return err
	}
	if cookie {
		if err := s.requireOwnOrigin(c); err != nil {
			return err
		}
	}
	who.cookie = cookie
	c.Locals(identityKey, &who)
	s.touch(who.session)
	return nil
}

// accessIdentity returns whose access token this is.
func (s *Server) accessIdentity(ctx context.Context, token string) (identity, error) {
	claims, err := s.tokens.verify(token)
	if err != nil {
		return identity{}, err
	}
	who, err := s.live.get(ctx, claims.SessionID)
	if err == nil && (who.user.ID != claims.Subject || who.session.Kind == api.KindToken) {
		err = errSessionEnded // no server signs one for a personal access token
	}
	return who, err
}

// who returns the identity that requireSession left.
func who(c *fiber.Ctx) *identity { return c.Locals(identityKey).(*identity) }

// touch notes that a session is in use, behind the answer.
func (s *Server) touch(session store.Session) {
	seen := session.Generation
	now := api.TimeOf(s.now())
	if now.Sub(session.LastUsedAt.Time) < touchEvery {
		return
	}
	session.LastUsedAt = now
	s.live.touched(session)
	s.chores.Go(func() {
		ctx, cancel := context.WithTimeout(s.base, requestTimeout)
		defer cancel()
		err := s.store.UpdateSession(ctx, session, seen)
		if err != nil && !errors.Is(err, api.ErrStale) && !errors.Is(err, api.ErrNotFound) {
			s.log.Warn("session not touched", "session", session.ID, "error", err)
		}
	})
}

// requireOwnOrigin refuses unsafe requests that a page of another origin made
// (CSRF): the browser says so in Sec-Fetch-Site, an older one in Origin.
func (s *Server) requireOwnOrigin(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return nil
	}
	site, origin := c.Get("Sec-Fetch-Site"), c.Get(fiber.HeaderOrigin)
	if site == "same-origin" || site == "" && origin != "" && origin == s.ownOrigin(c) {
		return nil
	}
	return &api.Error{Code: api.CodeForbidden, Message: "a request with the session cookie must come from the dashboard itself"}
}

// refuseForeignOrigin is for what works without a cookie but sets one: a
// browser must not be led to it from elsewhere, other programs may come.
func (s *Server) refuseForeignOrigin(c *fiber.Ctx) error {
	if c.Get("Sec-Fetch-Site") == "" && c.Get(fiber.HeaderOrigin) == "" {
		return nil
	}
	return s.requireOwnOrigin(c)
}

// ownOrigin is the configured origin, else what the connection says, or a
// trusted proxy.
func (s *Server) ownOrigin(c *fiber.Ctx) string {
	if s.origin != "" {
		return s.origin
	}
	scheme := "http"
	if s.https(c) {
		scheme = "https"
	}
	return scheme + "://" + string(c.Request().Host())
}

// https reports whether the browser speaks TLS, to us or to a proxy before us.
func (s *Server) https(c *fiber.Ctx) bool {
	return c.Context().IsTLS() || strings.HasPrefix(s.origin, "https://") || s.origin == "" && s.forwardedHTTPS(c)
}

// cookieName returns the name of one of our cookies. Over TLS the __Host-
// prefix makes the browser refuse it from anyone but this very host. Without,
// the port is part of the name, because cookies are shared by all ports.
func (s *Server) cookieName(c *fiber.Ctx, what string) string {
	if s.https(c) {
		return secureCookie(what)
	}
	return s.plainCookie(what)
}

func secureCookie(what string) string { return "__Host-notes_" + what }

func (s *Server) plainCookie(what string) string { return "notes_" + what + "_" + s.port }

// setCookies gives the browser its tokens, where no script can read them.
func (s *Server) setCookies(c *fiber.Ctx, access, refresh string) {
	s.setCookie(c, "access", access, accessLife)
	s.setCookie(c, "refresh", refresh, sessionLife)
}

func (s *Server) clearCookies(c *fiber.Ctx) {
	s.setCookie(c, "access", "", -time.Second)
	s.setCookie(c, "refresh", "", -time.Second)
}

func (s *Server) setCookie(c *fiber.Ctx, what, value string, life time.Duration) {
	s.addCookie(c, s.cookieName(c, what), value, life, "; HttpOnly")
}

func (s *Server) addCookie(c *fiber.Ctx, name, value string, life time.Duration, attributes string) {
	cookie := name + "=" + value +
		"; Path=/; Max-Age=" + strconv.Itoa(max(0, int(life.Seconds()))) + attributes + "; SameSite=Strict"
	if s.https(c) {
		cookie += "; Secure"
	}
	c.Response().Header.Add(fiber.HeaderSetCookie, cookie)
}

// unauthorizedIfAbsent hides which part of a login is missing.
func unauthorizedIfAbsent(err error) error {
	if errors.Is(err, api.ErrNotFound) {
		return errSessionEnded
	}
	return err
}

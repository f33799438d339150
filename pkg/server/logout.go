package server

import (
	"errors"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
)

// logout is a plain link of the dashboard: it ends the session of the cookie
// and shows the login. Another site must not be able to link to it.
func (s *Server) logout(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodGet {
		return fiber.ErrMethodNotAllowed // Fiber takes HEAD for GET
	}
	if site := c.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return &api.Error{Code: api.CodeForbidden, Message: "another site must not log you out"}
	}
	id, err := s.cookieSession(c)
	if err == nil && id != "" {
		err = s.endSession(c, id)
	}
	if err != nil {
		return err
	}
	if s.config.Classic {
		if err := s.endClassic(c); err != nil {
			return err
		}
	}
	s.clearCookies(c)
	return c.Redirect("/login", fiber.StatusSeeOther)
}

// cookieSession returns the id of the session whose refresh secret the browser
// has, or nothing: any of them, or of a key file that was replaced the one in
// force. Whether it still lives is another question.
func (s *Server) cookieSession(c *fiber.Ctx) (string, error) {
	id, generation, secret, err := parseRefreshToken(c.Cookies(s.cookieName(c, "refresh")))
	if err != nil {
		return "", nil //nolint:nilerr // no cookie, or none of ours
	}
	if s.ring().owns(id, generation, secret) {
		return id, nil
	}
	session, err := s.store.Session(c.UserContext(), id)
	if errors.Is(err, api.ErrNotFound) || err == nil && (session.Generation != generation || !inForce(session, secret)) {
		return "", nil
	}
	return id, err
}

// endSession ends a session by its id alone, if it is still there.
func (s *Server) endSession(c *fiber.Ctx, id string) error {
	session, err := s.store.Session(c.UserContext(), id)
	if err == nil {
		err = s.store.DeleteSession(c.UserContext(), session.UserID, id)
	}
	if errors.Is(err, api.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.live.forget()
	s.audit(c, "session ended", slog.String("user", session.UserID), slog.String("session", id))
	return nil
}

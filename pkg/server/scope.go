package server

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
)

// allow lets a request pass that comes from a login, or from a token of one of
// these scopes. It stands in the table of routes, so that what a token reaches
// is to be read there.
func (s *Server) allow(scopes ...api.Scope) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := s.requireSession(c); err != nil {
			return err
		}
		if session := who(c).session; !isLogin(session.Kind) && !slices.Contains(scopes, session.Scope) {
			return refusal(session.Scope, len(scopes) > 0)
		}
		return c.Next()
	}
}

// isLogin tells what a person made by name and password from a token, which a
// program was given, and which a kind is taken for that nobody thought of here.
func isLogin(k api.Kind) bool { return k == api.KindBrowser || k == api.KindCLI }

// refusal says what a token may do. The field tells programs that another token,
// or a login, may have more success.
func refusal(scope api.Scope, tokens bool) error {
	message := "no token may do this: it takes a login"
	switch {
	case tokens && scope == api.ScopeRead:
		message = "this token may only read notes"
	case tokens && scope == api.ScopeCreate:
		message = "this token may only add notes"
	}
	return &api.Error{Code: api.CodeForbidden, Field: fiber.HeaderAuthorization, Message: message}
}

package server

import (
	"log/slog"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
)

// send answers with a JSON document.
func send(c *fiber.Ctx, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return sendJSON(c, status, body)
}

func sendJSON(c *fiber.Ctx, status int, body []byte) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(status).Send(body)
}

// audit logs what an operator wants to find again: logins, failures, ends of
// sessions. It never gets a name that somebody typed, which may be a password.
func (s *Server) audit(c *fiber.Ctx, event string, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("request_id", requestID(c)), slog.Any("ip", s.clientIP(c)))
	s.log.LogAttrs(c.UserContext(), slog.LevelInfo, event, attrs...)
}

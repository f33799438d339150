package server

import (
	_ "embed"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
)

//go:embed openapi.yaml
var openAPI []byte

// alive is the answer of a health check that went well.
var alive = []byte(`{"status":"ok"}`)

// livez says that the process answers.
func (s *Server) livez(c *fiber.Ctx) error {
	return sendJSON(c, fiber.StatusOK, alive)
}

// readyz says that requests can be served: it asks the database.
func (s *Server) readyz(c *fiber.Ctx) error {
	if err := s.store.Ping(c.UserContext()); err != nil {
		return err
	}
	return s.livez(c)
}

func (s *Server) version(c *fiber.Ctx) error {
	return send(c, fiber.StatusOK, api.VersionInfo{Version: s.config.Version, API: api.Version})
}

func (s *Server) openAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/yaml")
	return c.Send(openAPI)
}

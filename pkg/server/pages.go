package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// pages are the files of the dashboard, held in memory with their compressed
// form: they are some hundred kilobytes, and never change while we run.
type pages struct{ files map[string]page }

type page struct {
	kind     string
	tag      string
	plain    []byte
	gzip     []byte // nil where it would not be smaller
	lifetime string // Cache-Control
}

// loadPages reads all files of web. A nil web has none.
func loadPages(web fs.FS) (*pages, error) {
	p := &pages{files: map[string]page{}}
	if web == nil {
		return p, nil
	}
	err := fs.WalkDir(web, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(web, name)
		if err != nil {
			return err
		}
		p.files["/"+name] = newPage(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	return p, nil
}

func newPage(name string, content []byte) page {
	sum := sha256.Sum256(content)
	p := page{
		kind:     mime.TypeByExtension(path.Ext(name)),
		tag:      `"` + hex.EncodeToString(sum[:8]) + `"`,
		plain:    content,
		lifetime: "no-cache",
	}
	if p.kind == "" {
		p.kind = fiber.MIMEOctetStream
	}
	if strings.HasPrefix(name, "assets/") { // their names change with their content
		p.lifetime = "public, max-age=31536000, immutable"
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(content)                               // a Buffer takes everything
	_ = w.Close()
	if b.Len() < len(content) {
		p.gzip = b.Bytes()
	}
	return p
}

// servePages serves the files of the dashboard, and its page under the paths
// that its router knows. Whether someone is logged in is not asked here: the
// Strict cookie is absent when one arrives from another site, so the page itself
// asks /me.
func (s *Server) servePages() {
	index, ok := s.pages.files["/index.html"]
	if !ok {
		return
	}
	for _, path := range []string{"/", "/dashboard", "/login", "/signup", "/notes", "/notes/:id"} {
		s.app.Get(path, func(c *fiber.Ctx) error { return sendPage(c, index) })
	}
	for path, p := range s.pages.files {
		s.app.Get(path, func(c *fiber.Ctx) error { return sendPage(c, p) })
	}
	s.app.Use(func(c *fiber.Ctx) error {
		err := c.Next() // there is nothing behind: this only tells 404 from 405
		if c.Method() != fiber.MethodGet || strings.HasPrefix(c.Path(), "/api/") || !strings.Contains(c.Get(fiber.HeaderAccept), "text/html") {
			return err
		}
		c.Status(fiber.StatusNotFound).Set(fiber.HeaderContentType, index.kind)
		return c.Send(index.plain) // it says so better than JSON does
	})
}

func sendPage(c *fiber.Ctx, p page) error {
	c.Set(fiber.HeaderETag, p.tag)
	c.Set(fiber.HeaderCacheControl, p.lifetime)
	c.Vary(fiber.HeaderAcceptEncoding)
	for _, tag := range entityTags(c.Get(fiber.HeaderIfNoneMatch)) {
		if tag == p.tag {
			return c.SendStatus(fiber.StatusNotModified)
		}
	}
	c.Set(fiber.HeaderContentType, p.kind)
	// Fiber takes a missing header for anything goes; it means that a program asks.
	if p.gzip != nil && c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings("gzip") == "gzip" {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(p.gzip)
	}
	return c.Send(p.plain)
}

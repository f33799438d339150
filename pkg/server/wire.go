package server

import (
	"bytes"
	"errors"
	"net"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/notesd/notesd/pkg/api"
)

var (
	errUnknownMethod = &api.Error{Code: api.CodeMethod, Message: "there is no such method"}
	errBareLF        = api.Invalid("", "a header line ends with LF alone; it must be CRLF")
	errTwoLogins     = api.Invalid(fiber.HeaderAuthorization, "the Authorization header is given twice")
)

// guardWire puts before all routes and middleware what fasthttp would let pass,
// or answer without our headers.
func (s *Server) guardWire() {
	wire := s.app.Server()
	handle, fail := wire.Handler, wire.ErrorHandler
	wire.Handler = func(ctx *fasthttp.RequestCtx) {
		err := checkWire(ctx)
		if err == nil {
			handle(ctx)
			return
		}
		ctx.SetConnectionClose()
		s.refuse(ctx, err)
	}
	wire.HeaderReceived = s.limitStrangers
	wire.ErrorHandler = func(ctx *fasthttp.RequestCtx, err error) {
		if e, ok := errors.AsType[net.Error](err); ok && !e.Timeout() {
			ctx.SetStatusCode(fiber.StatusBadRequest) // for nobody: the peer has hung up, which is no error of ours
			return
		}
		if errors.Is(err, fasthttp.ErrBodyTooLarge) {
			s.refuse(ctx, s.tooLong(&ctx.Request.Header))
			return
		}
		fail(ctx, err)
	}
}

// refuse answers in place of the routes.
func (s *Server) refuse(ctx *fasthttp.RequestCtx, err error) {
	c := s.app.AcquireCtx(ctx)
	defer s.app.ReleaseCtx(c)
	_ = s.fail(c, err) // a problem document always encodes
}

// checkWire refuses what a proxy before us may read in another way than we do.
// Two lengths, two hosts and the like fasthttp refuses by itself.
func checkWire(ctx *fasthttp.RequestCtx) error {
	header := &ctx.Request.Header
	if !slices.Contains(fiber.DefaultMethods, string(header.Method())) {
		return errUnknownMethod
	}
	raw := header.RawHeaders()
	if bytes.Count(raw, []byte("\n")) != bytes.Count(raw, []byte("\r\n")) {
		return errBareLF
	}
	if len(header.PeekAll(fiber.HeaderAuthorization)) > 1 {
		return errTwoLogins
	}
	return nil
}

package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// streamWrite is how long a reader may take nothing, unless the write time-out
	// is shorter, which is meant for a whole answer.
	streamWrite = 10 * time.Second
	// streamTick is between a stream's question whether its session still lives and
	// the sign that it lives itself, and the other way round. Two of them leave
	// some of the five seconds in which it is to end after its session.
	streamTick = 2250 * time.Millisecond
	// streamRead is how long reading on may take: the comment has to come in time.
	streamRead = 4 * time.Second
	// streamFarewell is how long the end of a stream may take, so that a reader who
	// takes nothing holds up no stop.
	streamFarewell = time.Second
	// streamBuffer is what the system keeps of a stream that nobody reads; it
	// takes twice that, to keep its books. By itself it would take megabytes.
	streamBuffer = 8 << 10
)

// What streams send beside the parts of a feed.
const (
	heartbeat = ":\n\n"
	// resync takes the cursor away from a browser, which would bring it again.
	resync = "event: " + api.EventResync + "\nid\ndata: {}\n\n"
)

// Why streams end.
const (
	endLeft    = "left"    // the reader did
	endSlow    = "slow"    // it took nothing for ten seconds
	endSession = "session" // the login has ended
	endLimit   = "limit"   // its user has opened newer ones
	endResync  = "resync"  // nobody can go on from its cursor
	endStop    = "stop"    // of the server
	endPanic   = "panic"
)

var errManyStreams = errors.New("newer streams of this user take the places")

// changes answers with what became of the user's notes, once or for as long as
// the reader wants.
func (s *Server) changes(c *fiber.Ctx) error {
	c.Vary(fiber.HeaderAccept)
	if c.Accepts(fiber.MIMEApplicationJSON, api.MediaEvents) == api.MediaEvents {
		return s.streamChanges(c)
	}
	return s.listChanges(c)
}

// streamChanges begins a stream. Nothing is read from the store before: what goes
// wrong there is mended by waiting, and a browser gives up at any other status
// than 200.
func (s *Server) streamChanges(c *fiber.Ctx) error {
	at, err := streamStart(c)
	if err != nil {
		return err
	}
	if !c.Request().Header.IsHTTP11() {
		return errHTTP10
	}
	me, conn := who(c), c.Context().Conn()
	v := &stream{
		server: s, owner: me.user.ID, session: me.session.ID, request: requestID(c), conn: conn,
		at: at, wake: make(chan struct{}, 1),
	}
	v.ctx, v.cancel = context.WithCancelCause(s.streams)
	limitBuffer(conn)
	c.Set(fiber.HeaderContentType, api.MediaEvents)
	c.Set("X-Accel-Buffering", "no") // nginx would keep the events until it has many
	c.Context().SetConnectionClose() // whose buffers are small now
	c.Context().Response.ImmediateHeaderFlush = true
	c.Context().SetBodyStream(v, -1)
	return nil
}

// streamStart returns where a stream begins: behind the last event that its
// reader had, else where the query says, else now.
func streamStart(c *fiber.Ctx) (store.Position, error) {
	values, err := rawQuery(c)
	if err != nil {
		return store.Position{}, err
	}
	if values.Has("limit") {
		return store.Position{}, api.Invalid("limit", "a stream has no limit")
	}
	o, err := api.ParseChangeOptions(values)
	if err != nil {
		return store.Position{}, err
	}
	since, err := parsePosition(o.Since)
	last := c.Get(api.HeaderLastEventID)
	if err != nil || last == "" {
		return since, err
	}
	at, err := parsePosition(last)
	if err != nil {
		return at, api.Invalid(api.HeaderLastEventID, "this cursor is not one of this server's")
	}
	return at, nil
}

// patience is how long the reader of a streamed answer may take nothing.
func (s *Server) patience() time.Duration {
	return min(streamWrite, cmp.Or(s.config.WriteTimeout, streamWrite))
}

// limitBuffer bounds what the system keeps for a reader who is slow.
func limitBuffer(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if b, ok := conn.(interface{ SetWriteBuffer(bytes int) error }); ok {
		_ = b.SetWriteBuffer(streamBuffer) // where it cannot be, the system's own limit holds
	}
}

// stream is the body of an answer that goes on and on. It is read when its
// handler and all middleware have ended, bit by bit as the client takes it.
type stream struct {
	server                  *Server
	owner, session, request string
	conn                    net.Conn

	ctx    context.Context // ends, with the reason, when the stream is to end
	cancel context.CancelCauseFunc
	hurry  func() bool   // stops what ends a write when ctx ends
	wake   chan struct{} // holds something when there may be something to read

	at store.Position // behind what was read last; guarded by the hub

	begun   time.Time // zero: nobody reads the body
	ticker  *time.Ticker
	ticks   int
	text    []byte // that is to be sent
	changes int    // that were sent
	ending  string // why the stream ends when the text is sent; empty: it does not
}

// Read implements [io.Reader]. It waits until there is something to send.
func (s *stream) Read(p []byte) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.server.log.Error("stream panicked", "request_id", s.request, "error", fmt.Sprintf("%v\n%s", r, debug.Stack()))
			s.text, s.ending = nil, endPanic
			n, err = 0, s.farewell()
		}
	}()
	if s.begun.IsZero() {
		s.begin()
	}
	select {
	case <-s.ticker.C:
		s.tick()
	default:
	}
	for len(s.text) == 0 && s.ending == "" {
		s.wait()
	}
	if err := s.conn.SetWriteDeadline(s.server.now().Add(s.server.patience())); err != nil {
		return 0, err
	}
	if s.ctx.Err() != nil || len(s.text) == 0 { // looked at after the deadline is set, which the end of ctx sets, too
		return 0, s.farewell()
	}
	n = copy(p, s.text)
	if s.text = s.text[n:]; len(s.text) == 0 {
		s.text = nil // the part it was of may go
	}
	return n, nil
}

func (s *stream) begin() {
	s.begun = s.server.now()
	s.ticker = time.NewTicker(streamTick)
	s.hurry = context.AfterFunc(s.ctx, func() { _ = s.farewell() })
	s.wakeUp()
	s.server.hub.join(s)
}

// wakeUp makes the stream look for something to read.
func (s *stream) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) wait() {
	select {
	case <-s.ctx.Done():
		s.ending = s.reason(nil)
	case <-s.wake:
		s.readOn()
	case <-s.ticker.C:
		s.tick()
	}
}

// tick alternates between the heartbeat, which must not wait for the store, and
// the session.
func (s *stream) tick() {
	if s.ticks++; s.ticks%2 == 1 {
		ctx, cancel := context.WithTimeout(s.ctx, streamRead)
		defer cancel()
		_, err := loadIdentity(ctx, s.server.store, s.session, s.server.now()) // what the cache has may be a second old
		s.endIfOver(err)
	} else if len(s.text) == 0 {
		s.text = []byte(heartbeat)
	}
}

// endIfOver ends the stream when the session was found to have ended. When that
// cannot be found out the stream waits.
func (s *stream) endIfOver(err error) {
	if api.ErrorCode(err) == api.CodeUnauthorized {
		s.text, s.ending = nil, endSession
	}
}

// readOn takes the next part. What fails is tried again when the hub finds that
// the stream is behind.
func (s *stream) readOn() {
	ctx, cancel := context.WithTimeout(s.ctx, streamRead)
	defer cancel()
	if _, err := s.server.live.get(ctx, s.session); err != nil {
		s.endIfOver(err)
		return
	}
	p, err := s.server.hub.next(ctx, s)
	switch {
	case errors.Is(err, api.ErrGone):
		s.text, s.ending = []byte(resync), endResync
	case err == nil:
		s.text = p.text
		s.changes += p.changes
		s.server.metrics.changesSent.Add(float64(p.changes))
		if p.more {
			s.wakeUp()
		}
	case s.ctx.Err() == nil:
		s.server.hub.notice(err)
	}
}

// farewell gives what is still to be written a moment, and is the end of the
// body.
func (s *stream) farewell() error {
	if err := s.conn.SetWriteDeadline(s.server.now().Add(streamFarewell)); err != nil {
		return err
	}
	return io.EOF
}

// CloseWithError is called by fasthttp once, however the answer ends: with nil, or
// with what went wrong in writing it.
func (s *stream) CloseWithError(err error) error {
	defer s.cancel(nil)
	if s.begun.IsZero() {
		return nil
	}
	s.hurry()
	s.ticker.Stop()
	s.server.hub.leave(s)
	if s.ending == "" {
		s.ending = s.reason(err)
	}
	s.server.metrics.streamsEnded.WithLabelValues(s.ending).Inc()
	s.server.log.LogAttrs(context.Background(), slog.LevelInfo, "stream ended",
		slog.String("request_id", s.request), slog.String("user", s.owner), slog.String("session", s.session),
		slog.String("reason", s.ending), slog.Int("changes", s.changes), slog.Duration("took", s.server.now().Sub(s.begun)))
	return nil
}

// reason is why a stream ends that did not come to its end by itself.
func (s *stream) reason(failed error) string {
	switch {
	case errors.Is(context.Cause(s.ctx), errManyStreams):
		return endLimit
	case s.ctx.Err() != nil:
		return endStop
	case errors.Is(failed, os.ErrDeadlineExceeded):
		return endSlow
	}
	return endLeft
}

package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// exportNotes and exportBytes bound what an export holds of the notes: so many
	// are read at a time. One note may be longer.
	exportNotes = 1000
	exportBytes = 256 << 10
	// exportCheck is how often an export asks whether its session still lives.
	exportCheck = 2 * time.Second
	// maxExports are those of one user at a time.
	maxExports = 4
)

var (
	errExports = &api.Error{Code: api.CodeRateLimited, Message: "four exports of yours are under way; wait for one of them"}
	errHTTP10  = api.Invalid("", "the answer is streamed, which HTTP/1.0 cannot do; ask by HTTP/1.1")
)

// export answers with the user's notes, one a line, as it reads them. The answer
// has begun when something fails, so that it can only be cut: without its last
// chunk, and the connection with it, so that nobody takes it for whole.
func (s *Server) export(c *fiber.Ctx) error {
	values, err := rawQuery(c)
	if err != nil {
		return err
	}
	o, err := api.ParseExportOptions(values)
	if err != nil {
		return err
	}
	tags, err := queryTags(o.Tags)
	if err != nil {
		return err
	}
	if !c.Request().Header.IsHTTP11() {
		return errHTTP10
	}
	me := who(c)
	if !s.exports.enter(me.user.ID) {
		return &retryError{reason: errExports, after: retryAfterOutage}
	}
	e := &exportStream{server: s, owner: me.user.ID, session: me.session.ID, request: requestID(c), conn: c.Context().Conn()}
	e.query = store.ListQuery{State: o.State, Tags: tags, Sort: api.SortID, Order: api.OrderAsc, Limit: exportNotes, MaxBytes: exportBytes}
	if o.After != "" {
		e.query.After = &store.Place{ID: o.After}
	}
	if err := e.fill(c.UserContext()); err != nil { // what fails at once is an answer of its own
		_ = e.Close()
		return err
	}
	e.unblock = context.AfterFunc(s.streams, func() { _ = e.conn.SetWriteDeadline(time.Unix(0, 0)) })
	c.Set(fiber.HeaderContentType, api.MediaNDJSON)
	c.Context().SetBodyStream(e, -1)
	return nil
}

// queryTags brings the tags of a query into normal form.
func queryTags(tags []string) ([]string, error) {
	tags = normalTags(tags)
	if err := api.ValidateTags(tags); err != nil {
		return nil, api.Invalid("tag", "%s", err)
	}
	return tags, nil
}

// exportStream is the body of an export. It is read when its handler and all
// middleware have ended, bit by bit as the client takes it.
type exportStream struct {
	server                  *Server
	owner, session, request string
	conn                    net.Conn
	unblock                 func() bool // stops what ends a write when the server stops

	query   store.ListQuery
	lines   bytes.Buffer // of the notes that were read last
	done    bool         // there are no more behind them
	checked time.Time    // when the session was last found alive
}

// Read implements [io.Reader]. Any error but io.EOF cuts the answer.
func (e *exportStream) Read(p []byte) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if err != nil && !errors.Is(err, io.EOF) {
			e.server.log.Warn("export cut", "request_id", e.request, "user", e.owner, "error", err)
		}
	}()
	for e.lines.Len() == 0 {
		if e.done {
			return 0, io.EOF
		}
		if err := e.next(); err != nil {
			return 0, err
		}
	}
	if err := e.conn.SetWriteDeadline(e.server.now().Add(e.server.patience())); err != nil {
		return 0, err
	}
	if e.server.streams.Err() != nil { // looked at after the deadline is set, which the end of the streams sets, too
		return 0, errors.New("the server stops")
	}
	return e.lines.Read(p)
}

// next reads on, if the session still lives.
func (e *exportStream) next() error {
	ctx, cancel := context.WithTimeout(e.server.streams, requestTimeout)
	defer cancel()
	if now := e.server.now(); now.Sub(e.checked) >= exportCheck {
		if _, err := e.server.live.get(ctx, e.session); err != nil {
			return err
		}
		e.checked = now
	}
	return e.fill(ctx)
}

// fill makes lines of the next notes.
func (e *exportStream) fill(ctx context.Context) error {
	notes, more, err := e.server.store.ListNotes(ctx, e.owner, e.query)
	if err != nil {
		return err
	}
	e.done = !more
	e.lines.Reset()
	for _, n := range notes {
		if err := json.MarshalWrite(&e.lines, portable(n)); err != nil {
			return err
		}
		e.lines.WriteByte('\n')
	}
	if len(notes) > 0 {
		e.query.After = &store.Place{ID: notes[len(notes)-1].ID}
	}
	return nil
}

// Close implements [io.Closer]: fasthttp calls it once, however the answer ends.
func (e *exportStream) Close() error {
	if e.unblock != nil {
		e.unblock()
	}
	e.server.exports.leave(e.owner)
	return nil
}

func portable(n store.Note) api.PortableNote {
	return api.PortableNote{
		ID: n.ID, Title: n.Title, Body: n.Body, Tags: n.Tags, Pinned: n.Pinned, Archived: n.Archived,
		CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt, TrashedAt: n.TrashedAt,
	}
}

// streamCount bounds the streams of each user.
type streamCount struct {
	mu   sync.Mutex
	open map[string]int
}

func (c *streamCount) enter(user string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[user] >= maxExports {
		return false
	}
	if c.open == nil {
		c.open = map[string]int{}
	}
	c.open[user]++
	return true
}

func (c *streamCount) leave(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[user]--; c.open[user] == 0 {
		delete(c.open, user)
	}
}

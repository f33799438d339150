package client

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

const (
	// silence is how long the server may say nothing on a stream, on which it says
	// something at least every 5 s.
	silence = 20 * time.Second
	// settled is how long a stream has held that is worth asking for again at once.
	settled = 10 * time.Second
	// maxPauses bounds the pause before another attempt, which grows: it is about
	// 10 s then.
	maxPauses = 4
)

// Event is one thing that a stream tells.
type Event struct {
	Cursor string // follows from behind this event, or from some before it
	// Change is nil where a stream without a cursor begins: what was written before
	// is not told. Who keeps a copy of the notes lists them now, then goes on.
	Change *api.LiveChange
}

// FollowOptions say where to begin.
type FollowOptions struct {
	Since string // the cursor of an event, or of [Client.ListChanges]; empty: now
	// Away is told each time that the stream breaks off, before it is asked for
	// again. It may be nil.
	Away func(error)
}

// Follow yields what becomes of the user's notes, as it happens, by whichever
// program, without an end. Where the connection breaks it comes back and goes on
// behind the last event: nothing is skipped, and a change may come twice. Where the
// server cannot go on from there it begins anew, with an Event without a Change.
//
// An error is the last thing it yields: of ctx, of a login that has ended, of a
// server that knows no such stream.
func (c *Client) Follow(ctx context.Context, o FollowOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for attempt := 0; ; attempt++ {
			began := c.now()
			wanted, err := c.followOnce(ctx, &o.Since, yield)
			if !wanted {
				return
			}
			if ctx.Err() != nil {
				yield(Event{}, ctx.Err())
				return
			}
			switch {
			case errors.Is(err, api.ErrGone):
				o.Since = ""
			case !errors.Is(err, api.ErrUnavailable) && !errors.Is(err, api.ErrRateLimited):
				yield(Event{}, err)
				return
			case o.Away != nil:
				o.Away(err)
			}
			if c.now().Sub(began) >= settled {
				attempt = 0
			}
			if !sleep(ctx, max(c.backoff(min(attempt, maxPauses)), retryAfterOf(err))) {
				yield(Event{}, ctx.Err())
				return
			}
		}
	}
}

// followOnce yields what one stream tells, and notes in cursor how far it came.
// The end of the stream is an error, too.
func (c *Client) followOnce(ctx context.Context, cursor *string, yield func(Event, error) bool) (wanted bool, err error) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	h := http.Header{"Accept": {api.MediaEvents}}
	if *cursor != "" {
		h.Set(api.HeaderLastEventID, *cursor)
	}
	res, err := c.Do(own, Request{Method: http.MethodGet, Path: "/changes", Header: h})
	if res != nil {
		defer func() { _ = res.Body.Close() }()
	}
	if err != nil {
		return true, err
	}
	if !hasType(res, api.MediaEvents) {
		return true, c.foreign("%q where a stream of events was expected", res.Header.Get("Content-Type"))
	}
	late := time.AfterFunc(silence, cancel)
	defer late.Stop()
	for message, err := range readEvents(res.Body) {
		late.Stop()
		if err != nil {
			return true, c.unreachable("ended the stream", err)
		}
		if message.id == "" {
			message.id = *cursor // which still holds
		}
		event, told, err := c.eventOf(message)
		switch {
		case err != nil:
			return true, err
		case told && !yield(event, nil):
			return false, nil
		case told:
			*cursor = event.Cursor
		}
		late.Reset(silence)
	}
	return true, c.unreachable("ended the stream", nil)
}

// eventOf says what a message tells, if it is anything to the caller. More events
// may come to be; they are passed over.
func (c *Client) eventOf(m message) (e Event, told bool, err error) {
	switch m.event {
	case api.EventHello:
		var hello api.Hello
		if json.Unmarshal([]byte(m.data), &hello) != nil || hello.Cursor == "" {
			return e, false, c.foreign("no cursor where one was expected")
		}
		return Event{Cursor: hello.Cursor}, true, nil
	case api.EventChange:
		e = Event{Cursor: m.id, Change: &api.LiveChange{}}
		if json.Unmarshal([]byte(m.data), e.Change) != nil || !api.ValidID(e.Change.ID) || m.id == "" {
			return e, false, c.foreign("no change where one was expected")
		}
		return e, true, nil
	case api.EventResync:
		return e, false, api.ErrGone
	}
	return e, false, nil
}

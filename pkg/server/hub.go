package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/notesd/notesd/pkg/store"
)

const (
	// pollEvery is how often the store is asked for what other servers wrote.
	pollEvery = 250 * time.Millisecond
	// maxStreams are those of one user at a time.
	maxStreams = 20
)

// hub knows the streams that are open, and wakes those that have something to
// read: at once after a write through this server, and within [pollEvery] after
// one through another. A stream reads on from where it is, so being woken for
// nothing costs a look, and one that cannot read now is woken again as long as it
// is behind.
type hub struct {
	store  store.Store
	seldom *seldom

	mu       sync.Mutex
	followed map[string]*followed // by owner
}

// followed is an owner whose notes somebody follows.
type followed struct {
	streams []*stream // the oldest first
	news    int       // how often there was, or may have been, something new
	part    *part     // that was read last
}

func newHub(c Config) *hub {
	return &hub{store: c.Store, seldom: &seldom{log: c.Log, now: c.Now}, followed: map[string]*followed{}}
}

// join adds a stream. Where its user has as many as there may be, his oldest ends.
func (h *hub) join(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.followed[s.owner]
	if f == nil {
		f = &followed{}
		h.followed[s.owner] = f
	}
	if len(f.streams) >= maxStreams {
		f.streams[0].cancel(errManyStreams)
		f.streams = slices.Delete(f.streams, 0, 1)
	}
	f.streams = append(f.streams, s)
}

// leave takes a stream away, which may be gone already.
func (h *hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.followed[s.owner]
	if f == nil {
		return
	}
	f.streams = slices.DeleteFunc(f.streams, func(other *stream) bool { return other == s })
	if len(f.streams) == 0 {
		delete(h.followed, s.owner)
	}
}

// open is how many streams there are.
func (h *hub) open() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.followed {
		n += len(f.streams)
	}
	return n
}

// written wakes the streams of an owner whose notes were written, or may have
// been.
func (h *hub) written(owner string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.followed[owner]
	if f == nil {
		return
	}
	f.news++
	for _, s := range f.streams {
		s.wakeUp()
	}
}

// poll looks at the store again and again, as long as there are streams.
func (h *hub) poll(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.look(ctx)
		}
	}
}

// look wakes the streams that are not where their owner's feed ends.
func (h *hub) look(ctx context.Context) {
	owners := h.owners()
	if len(owners) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	ends, err := h.store.FeedEnds(ctx, owners)
	if err != nil {
		h.notice(err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for owner, f := range h.followed {
		for _, s := range f.streams {
			if s.at != ends[owner] || s.at == (store.Position{}) {
				f.news++
				s.wakeUp()
			}
		}
	}
}

func (h *hub) owners() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	owners := make([]string, 0, len(h.followed))
	for owner := range h.followed {
		owners = append(owners, owner)
	}
	return owners
}

// notice warns that streams do not go on.
func (h *hub) notice(err error) { h.seldom.warn("streams wait for the store", "error", err) }

// next returns what follows where the stream is, and moves the stream behind it.
// Streams of one owner at one place get the same part, which is read once. It is
// empty where nothing follows.
func (h *hub) next(ctx context.Context, s *stream) (*part, error) {
	p, mine := h.part(s)
	if mine {
		p.read(ctx, h.store, s.owner)
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.err != nil {
		return nil, p.err
	}
	h.moved(s, p)
	return p, nil
}

// moved notes that the stream is behind the part, which is let go when nobody is
// before it.
func (h *hub) moved(s *stream, p *part) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.at = p.end
	f := h.followed[s.owner]
	if f != nil && f.part == p && !slices.ContainsFunc(f.streams, func(other *stream) bool { return other.at == p.after }) {
		f.part = nil
	}
}

// part returns the part that the stream is to have, and whether it is the stream
// that is to read it.
func (h *hub) part(s *stream) (p *part, mine bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.followed[s.owner]
	if f == nil { // it was ended meanwhile
		return newPart(s.at, 0), true
	}
	if f.part != nil && f.part.serves(s.at, f.news) {
		return f.part, false
	}
	f.part = newPart(s.at, f.news)
	return f.part, true
}

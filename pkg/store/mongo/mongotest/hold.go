package mongotest

import (
	"sync"
	"testing"
)

// Door returns another way to the same database, with faults of its own.
func (s *Server) Door(tb testing.TB) *Server {
	tb.Helper()
	s.proxy.mu.Lock()
	upstream := s.proxy.upstream
	s.proxy.mu.Unlock()
	p, err := newProxy(upstream, s.proxy.turn)
	if err != nil {
		tb.Fatalf("mongotest: %v", err)
	}
	tb.Cleanup(p.close)
	uri, err := rewriteHost(s.uri, p.listener.Addr().String())
	if err != nil {
		tb.Fatalf("mongotest: %v", err)
	}
	return &Server{uri: uri, proxy: p}
}

// Hold keeps the nth command that comes from now on, and no other, from the
// database; the first is 1. The channel is closed when it has come. letGo has it
// carried out, whether or not its client still waits for the answer, and returns
// when it was. If it has not come by then it is not held any more.
func (s *Server) Hold(nth int) (held <-chan struct{}, letGo func()) {
	h := &hold{left: nth, reached: make(chan struct{}), release: make(chan struct{}), done: make(chan struct{})}
	p := s.proxy
	p.mu.Lock()
	p.hold = h
	p.mu.Unlock()
	return h.reached, sync.OnceFunc(func() {
		close(h.release)
		p.mu.Lock()
		came := h.left == 0
		p.hold = nil
		p.mu.Unlock()
		if came {
			<-h.done
		}
	})
}

// hold is one command that is kept from the server.
type hold struct {
	left    int           // until it comes; 0: it has
	reached chan struct{} // closed when it has
	release chan struct{} // closed when it is to go on
	done    chan struct{} // closed when it was carried out, or its connection ended
}

// caught returns the hold that a request is under, if any.
func (p *proxy) caught(request message) *hold {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.hold
	if h == nil || h.left == 0 || request.handshake() {
		return nil
	}
	if h.left--; h.left > 0 {
		return nil
	}
	close(h.reached)
	return h
}

// wait waits for the release, and reports false where a fault comes first.
func (h *hold) wait(p *proxy) bool {
	p.mu.Lock()
	changed, stopped := p.changed, p.fault == stopped
	p.mu.Unlock()
	if stopped {
		return false
	}
	select {
	case <-h.release:
		return true
	case <-changed:
		return false
	}
}

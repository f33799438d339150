package mongotest

import (
	"context"
	"net"
	"sync"
)

// A fault is what is wrong with the server as its clients see it.
type fault int

const (
	none    fault = iota
	stopped       // connections end, new ones too
	frozen        // connections are accepted and requests taken, nothing is answered
	cut           // commands are carried out, then the connection ends instead of an answer
)

// proxy stands between the clients and one server.
type proxy struct {
	listener net.Listener
	turn     *sync.Mutex // let one command through at a time, where there is one
	done     sync.WaitGroup

	mu       sync.Mutex
	upstream string
	fault    fault
	changed  chan struct{} // closed when fault changes
	watch    func(command, collection string)
	hold     *hold
	conns    map[net.Conn]struct{}
}

// newProxy returns a proxy that lets a command through when it has the turn, if it
// is not nil.
func newProxy(upstream string, turn *sync.Mutex) (*proxy, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{
		upstream: upstream, listener: l, turn: turn,
		changed: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	p.done.Go(p.accept)
	return p, nil
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(c) })
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.set(stopped)
	p.done.Wait()
}

// set changes the fault. Whoever was frozen by the old one hangs up.
func (p *proxy) set(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
	if f == stopped {
		for c := range p.conns {
			_ = c.Close()
		}
	}
}

// redirect sends connections that come from now on to another server.
func (p *proxy) redirect(upstream string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.upstream = upstream
}

func (p *proxy) dial() (net.Conn, error) {
	p.mu.Lock()
	upstream := p.upstream
	p.mu.Unlock()
	return new(net.Dialer).DialContext(context.Background(), "tcp", upstream)
}

// tell tells of a command that is about to be sent.
func (p *proxy) tell(request message) {
	p.mu.Lock()
	watch := p.watch
	p.mu.Unlock()
	if watch != nil && !request.handshake() {
		watch(request.command(), request.collection())
	}
}

// wait returns the fault, after it has ended where it is a freeze.
func (p *proxy) wait() fault {
	p.mu.Lock()
	f, changed := p.fault, p.changed
	p.mu.Unlock()
	if f == frozen {
		<-changed
	}
	return f
}

// track registers a connection to be closed by Stop, and reports whether it may
// go on.
func (p *proxy) track(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == stopped {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *proxy) untrack(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close()
}

func (p *proxy) serve(client net.Conn) {
	defer p.untrack(client)
	if !p.track(client) {
		return
	}
	server, err := p.dial()
	if err != nil {
		return
	}
	defer p.untrack(server)
	if !p.track(server) {
		return
	}
	for {
		request, err := readMessage(client)
		if err != nil || !p.relay(request, client, server) {
			return
		}
	}
}

// relay carries one request to the server and its replies back, and reports
// whether the connection goes on.
func (p *proxy) relay(request message, client, server net.Conn) bool {
	if h := p.caught(request); h != nil {
		defer close(h.done)
		if !h.wait(p) {
			return false
		}
	}
	if f := p.wait(); f == stopped || f == frozen {
		return false
	}
	if p.turn != nil && !request.handshake() {
		p.turn.Lock()
		defer p.turn.Unlock()
	}
	p.tell(request)
	if _, err := server.Write(request); err != nil {
		return false
	}
	for more := !request.moreToCome(); more; {
		reply, err := readMessage(server)
		if err != nil {
			return false
		}
		if f := p.wait(); f == stopped || f == frozen || f == cut && !request.handshake() {
			return false
		}
		if _, err := client.Write(reply); err != nil {
			return false
		}
		more = reply.moreToCome()
	}
	return true
}

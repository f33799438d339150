//go:build linux

package torture

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// clusterSize is how many servers a cluster has.
const clusterSize = 3

// noticedWithin is how long a server may take to refuse what was ended on
// another.
const noticedWithin = 2 * time.Second

// cluster is some notesd on one database. As a transport it is the load balancer
// before them.
type cluster struct {
	tb    testing.TB
	store string
	args  []string

	mu      sync.Mutex
	servers []*process
	turn    int
}

// startCluster starts all servers at once, on a database that need not have been
// used yet.
func startCluster(tb testing.TB, store string, args ...string) *cluster {
	tb.Helper()
	c := &cluster{tb: tb, store: store, args: slices.Clip(append([]string{"--store", store, "--signup", "open"}, args...))}
	for i := range clusterSize {
		// No other program has these addresses, so that nobody takes the port from a
		// server while it is away.
		c.servers = append(c.servers, launch(tb, c.command(fmt.Sprintf("127.0.77.%d:0", i+1))))
	}
	for _, p := range c.servers {
		p.await()
	}
	return c
}

// server is one of the servers as it is now.
func (c *cluster) server(i int) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servers[i%len(c.servers)]
}

func (c *cluster) command(addr string) *exec.Cmd {
	return command(append(c.args, "--addr", addr)...)
}

// restart starts a server that has ended, where it was, and returns when it is
// ready.
func (c *cluster) restart(i int) {
	c.tb.Helper()
	p := startCommand(c.tb, c.command(strings.TrimPrefix(c.server(i).URL, "http://")))
	if err := newClient(c.tb, p.URL).Ready(c.tb.Context()); err != nil {
		c.tb.Fatalf("a server that was started again: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.servers[i] = p
}

// RoundTrip sends a request to the next server, and on to the one after where
// nobody listens. A request that was sent and not answered is the client's to
// repeat.
func (c *cluster) RoundTrip(req *http.Request) (res *http.Response, err error) {
	for range clusterSize {
		to, badURL := url.Parse(c.next().URL)
		if badURL != nil {
			return nil, badURL
		}
		again := req.Clone(req.Context())
		again.URL.Host, again.Host = to.Host, ""
		if again.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
		if res, err = http.DefaultTransport.RoundTrip(again); !errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
	}
	return res, err
}

func (c *cluster) next() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	return c.servers[c.turn%clusterSize]
}

// as is a client of the whole cluster.
func (c *cluster) as(l api.Login, opts ...client.Option) *client.Client {
	c.tb.Helper()
	return as(c.tb, c.server(0).URL, l, append([]client.Option{client.WithHTTPClient(&http.Client{Transport: c})}, opts...)...)
}

// admin runs a command of notesd beside the servers, and returns what it says.
func (c *cluster) admin(args ...string) string {
	c.tb.Helper()
	cmd := exec.CommandContext(c.tb.Context(), notesd, append(args, "--store", c.store)...)
	cmd.Env = []string{}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		c.tb.Fatalf("notesd %v: %v: %s", args, err, &said)
	}
	return said.String()
}

// atOnce runs f for each of so many clients, which begin together, each at
// another server than the one before.
func (c *cluster) atOnce(n int, f func(i int, p *process)) {
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-begin
			f(i, c.server(i))
		})
	}
	close(begin)
	all.Wait()
}

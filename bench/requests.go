package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	notesd "github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// cost is what a request makes the database do: its commands, in their order, as
// "find notes".
type cost struct {
	request  string
	commands []string
}

// requests has a row for each request on MongoDB.
func (b *bench) requests(ctx context.Context) (rows []row, err error) {
	var why string
	testing.Benchmark(func(tb *testing.B) {
		var costs []cost
		costs, err = requestCosts(ctx, mongotest.Start(reporter{tb, &why}))
		for _, c := range costs {
			rows = append(rows, row{what: c.request, notes: fmt.Sprintf("%d commands on MongoDB", len(c.commands)), beside: strings.Join(tallied(c.commands), ", ")})
		}
	})
	if why != "" {
		return nil, errors.New(why)
	}
	return rows, err
}

// tallied is what a table says of commands: "2 find notes, insert steps".
func tallied(commands []string) (list []string) {
	counts := map[string]int{}
	for _, c := range commands {
		if counts[c]++; counts[c] == 1 {
			list = append(list, c)
		}
	}
	for i, c := range list {
		if counts[c] > 1 {
			list[i] = fmt.Sprint(counts[c], " ", c)
		}
	}
	return list
}

// meter counts the commands of requests to a server of its own, whose clock it
// winds, so that nothing falls due by chance.
type meter struct {
	url, token string
	costs      []cost

	mu       sync.Mutex
	now      time.Time
	commands []string
}

// requestCosts makes each kind of request once, as somebody does who is at work.
func requestCosts(ctx context.Context, database *mongotest.Server) (costs []cost, err error) {
	m := &meter{now: time.Now()}
	database.Watch(m.saw)
	st, err := mongo.Open(ctx, database.URI())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	s, err := notesd.New(ctx, notesd.Config{
		Store: st, Signup: true, Now: m.clock, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	if err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m.url = "http://" + ln.Addr().String()
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	defer func() {
		stop()
		err = errors.Join(err, <-served)
	}()
	if err := m.wait(ctx, "find users"); err != nil { // the end of the sweep with which a server begins
		return nil, err
	}
	err = m.work(ctx)
	return m.costs, err
}

func (m *meter) clock() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *meter) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// saw leaves out what no request does: the look at the keys.
func (m *meter) saw(command, collection string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if collection != "settings" {
		m.commands = append(m.commands, strings.TrimSpace(command+" "+collection))
	}
}

// taken returns the commands since the last call.
func (m *meter) taken() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.commands
	m.commands = nil
	return list
}

// wait returns when the last command was this one.
func (m *meter) wait(ctx context.Context, command string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	for {
		m.mu.Lock()
		done := len(m.commands) > 0 && m.commands[len(m.commands)-1] == command
		m.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no %s: %w", command, ctx.Err())
		case <-ticks.C:
		}
	}
}

// send makes a request with these headers, as "Name: value", and reads the answer
// into out, unless that is nil.
func (m *meter) send(ctx context.Context, method, path, body string, out any, headers ...string) error {
	m.pass(time.Millisecond) // or it would be by chance which operation was the last one
	if path != "/readyz" {
		path = api.Prefix + path
	}
	req, err := http.NewRequestWithContext(ctx, method, m.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-Forwarded-For", "203.0.113.7") // a sign-up on this machine is not counted
	if m.token != "" {
		req.Header.Set("Authorization", "Bearer "+m.token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if strings.HasPrefix(path, api.Prefix+"/import") {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 && res.StatusCode != http.StatusPreconditionFailed {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(bytes.NewReader(answer)).Decode(out)
}

// operation is the header of a new Operation-Id, of which the server takes the
// chance to forget old operations, as of one in sixteen, or does not.
func operation(forgets bool) string {
	for {
		if id := api.NewID(); (crc32.ChecksumIEEE([]byte(id))%16 == 0) == forgets {
			return api.HeaderOperation + ": " + id
		}
	}
}

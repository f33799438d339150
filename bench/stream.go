package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

const (
	followedUsers  = 50
	streamsEach    = 20 // as many as a user may have
	writesASecond  = 200
	latencyWrites  = 100
	streamPassword = "a password for the bench"
)

// stream measures how long a change takes to reach a reader, what streams that
// are held take of memory, and whether writers feel them.
func (b *bench) stream(ctx context.Context) ([]row, error) {
	srv, err := b.launch(ctx, "sqlite:"+b.dir+"/stream.db", "--max-conns-per-address", "2048")
	if err != nil {
		return nil, err
	}
	defer srv.stop()
	same, err := latency(ctx, srv, srv)
	if err != nil {
		return nil, err
	}
	other, err := b.otherServer(ctx)
	if err != nil {
		return nil, err
	}
	held, err := held(ctx, srv)
	return append([]row{
		same.row("a change at a reader, SQLite"), other.row("a change at a reader of another server, MongoDB"),
	}, held...), err
}

// otherServer measures two servers on one database.
func (b *bench) otherServer(ctx context.Context) (l latencies, err error) {
	var why string
	testing.Benchmark(func(tb *testing.B) {
		l, err = b.betweenServers(ctx, mongotest.URI(reporter{tb, &why}))
	})
	if why != "" {
		return l, errors.New(why)
	}
	return l, err
}

func (b *bench) betweenServers(ctx context.Context, uri string) (latencies, error) {
	first, err := b.launch(ctx, uri)
	if err != nil {
		return latencies{}, err
	}
	defer first.stop()
	second, err := b.launch(ctx, uri)
	if err != nil {
		return latencies{}, err
	}
	defer second.stop()
	return latency(ctx, first, second)
}

// latencies are how long writes took, from being sent to their answers, and to the
// reader of a stream.
type latencies struct{ answers, changes []time.Duration }

func (l latencies) row(what string) row {
	return row{
		what:   what + ", from its being sent on",
		notes:  quantiles(l.changes),
		beside: quantiles(l.answers) + ", the answer to the writer",
		target: "at most 1 s",
	}
}

func quantiles(d []time.Duration) string {
	return fmt.Sprintf("p50 %s, p95 %s", quantile(d, 50), quantile(d, 95))
}

func quantile(d []time.Duration, percent int) time.Duration {
	slices.Sort(d)
	return d[(len(d)-1)*percent/100].Round(100 * time.Microsecond)
}

// latency writes to one server, at no time in particular, and reads from another.
func latency(ctx context.Context, writer, reader *server) (l latencies, err error) {
	token, err := join(ctx, writer, "writer")
	if err != nil {
		return l, err
	}
	w, err := client.New(writer.url, client.WithToken(token))
	if err != nil {
		return l, err
	}
	r, err := client.New(reader.url, client.WithToken(token))
	if err != nil {
		return l, err
	}
	sent := make(chan time.Time, 1)
	write := func(i int) error {
		time.Sleep(time.Duration(i*37%250) * time.Millisecond / 5)
		begun := time.Now()
		sent <- begun
		_, err := w.CreateNote(ctx, api.NewNote{Title: addTitle, Body: addBody})
		l.answers = append(l.answers, time.Since(begun))
		return err
	}
	answered := make(chan error, 1)
	for e, err := range r.Follow(ctx, client.FollowOptions{}) {
		if err != nil {
			return l, err
		}
		if e.Change != nil {
			l.changes = append(l.changes, time.Since(<-sent))
			if err := <-answered; err != nil {
				return l, err
			}
		}
		if len(l.changes) == latencyWrites {
			break
		}
		go func() { answered <- write(len(l.changes)) }()
	}
	return l, nil
}

// join makes a user and returns a token.
func join(ctx context.Context, s *server, name string) (string, error) {
	c, err := client.New(s.url)
	if err != nil {
		return "", err
	}
	if err := c.Ready(ctx); err != nil {
		return "", err
	}
	if _, err := c.CreateUser(ctx, api.NewUser{Username: name, Password: streamPassword}); err != nil {
		return "", err
	}
	login, err := c.Login(ctx, api.NewSession{Username: name, Password: streamPassword})
	return login.AccessToken, err
}

// held opens 1,000 streams of 50 users and lets these write.
func held(ctx context.Context, s *server) ([]row, error) {
	var tokens []string
	for i := range followedUsers {
		token, err := join(ctx, s, fmt.Sprintf("follower%d", i))
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	alone, err := paced(ctx, s, tokens)
	if err != nil {
		return nil, err
	}
	before, err := residentKiB(s.process.Process.Pid)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range streamsEach {
		for _, token := range tokens {
			if err := hold(ctx, s, token); err != nil {
				return nil, err
			}
		}
	}
	idle, err := residentKiB(s.process.Process.Pid)
	if err != nil {
		return nil, err
	}
	followed, err := paced(ctx, s, tokens)
	if err != nil {
		return nil, err
	}
	busy, err := residentKiB(s.process.Process.Pid)
	streams := followedUsers * streamsEach
	each := func(kib int) string { return fmt.Sprintf("%.1f KiB", float64(kib-before)/float64(streams)) }
	return []row{
		{what: fmt.Sprintf("memory of each of %d streams that were opened", streams), notes: each(idle), target: "at most 64 KiB"},
		{what: fmt.Sprintf("the same while they follow %d writes a second, garbage included", writesASecond), notes: each(busy)},
		{
			what:   fmt.Sprintf("a write, %d a second, %d streams that follow", writesASecond, streams),
			notes:  fmt.Sprintf("p50 %s, p99 %s", quantile(followed, 50), quantile(followed, 99)),
			beside: fmt.Sprintf("p50 %s, p99 %s, without streams", quantile(alone, 50), quantile(alone, 99)),
			target: "about 1",
			ratio:  float64(quantile(followed, 99)) / float64(quantile(alone, 99)),
		},
	}, err
}

// hold opens a stream and reads it until ctx ends.
func hold(ctx context.Context, s *server, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+api.Prefix+"/changes", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", api.MediaEvents)
	opened := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			opened <- err
			return
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			err = fmt.Errorf("a stream: %s", res.Status)
		}
		opened <- err
		_, _ = io.Copy(io.Discard, res.Body)
	}()
	return <-opened
}

// paced writes at a steady rate, for these users in turn, and returns how long
// each write took.
func paced(ctx context.Context, s *server, tokens []string) ([]time.Duration, error) {
	clients := make([]*client.Client, len(tokens))
	for i, token := range tokens {
		c, err := client.New(s.url, client.WithToken(token))
		if err != nil {
			return nil, err
		}
		clients[i] = c
	}
	const seconds = 10
	took, errs := make([]time.Duration, writesASecond*seconds), make([]error, writesASecond*seconds)
	ticker := time.NewTicker(time.Second / writesASecond)
	defer ticker.Stop()
	var all sync.WaitGroup
	for i := range took {
		<-ticker.C
		all.Go(func() {
			begun := time.Now()
			_, errs[i] = clients[i%len(clients)].CreateNote(ctx, api.NewNote{Title: addTitle, Body: addBody})
			took[i] = time.Since(begun)
		})
	}
	all.Wait()
	return took, errors.Join(errs...)
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

const password = "correct horse battery"

// none is an empty environment.
func none(string) string { return "" }

func TestConfiguration(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		env  map[string]string
		code int
		want string // in what is printed
	}{
		{args: "version", want: "notesd "},
		{args: "--version", want: ", go1."},
		{args: "--print-config", want: "sqlite:/home/ann/.local/share/notesd/notes.db (default)"},
		{args: "--print-config", env: map[string]string{"XDG_DATA_HOME": "/data"}, want: "sqlite:/data/notesd/notes.db"},
		{args: "--print-config", env: map[string]string{"NOTESD_ADDR": "[::1]:80"}, want: "[::1]:80"},
		{args: "--print-config --addr localhost:1", env: map[string]string{"NOTESD_ADDR": "[::1]:80"}, want: "(--addr)"},
		{args: "--print-config", env: map[string]string{"NOTESD_INSECURE_HTTP": "true", "NOTESD_ADDR": "0.0.0.0:80"}, want: "signup closed"},
		{args: "--print-config --addr 0.0.0.0:80 --public-url https://n.example", want: "https://n.example"},
		{args: "--print-config", want: "signup open"},
		{args: "--print-config --public-url https://n.example", want: "signup closed"},
		{args: "--print-config --trusted-proxy 127.0.0.1", want: "signup closed"},
		{args: "--print-config --store mongodb://ann:hunter2@a:1,b:2/notes?w=1", want: "mongodb://…@a:1,b:2/notes "},

		{args: "--print-config --store mongodb://ann:hunter2/x@h/notes", want: "mongodb://…@h/notes "},

		{args: "--print-config --addr 0.0.0.0:443 --tls-cert c.pem --tls-key k.pem", want: "c.pem"},
		{args: "--print-config --addr 0.0.0.0:443 --tls-domain n.example --store sqlite:/data/n.db", want: "/data/certs "},
		{args: "--print-config --tls-domain n.example --store mongodb://h/notes", want: "/home/ann/.local/share/notesd/certs "},
		{args: "--print-config --trusted-proxy 10.0.0.1,fd00::/8", want: "10.0.0.1,fd00::/8"},

		{args: "", env: map[string]string{"HOME": ""}, code: 2, want: "--store"},
		{args: "--addr 0.0.0.0:80", code: 2, want: "--insecure-http"},
		{args: "--addr notes.example.org:80", code: 2, want: "--public-url"},
		{args: "--addr 80", code: 2, want: "HOST:PORT"},
		{args: "--addr 127.0.0.1:99999", code: 2, want: "HOST:PORT"},
		{args: "--admin-addr 9090", code: 2, want: "--admin-addr"},
		{args: "--admin-addr :9090", code: 2, want: "--insecure-http"},
		{args: "--admin-addr 10.0.0.1:9090 --public-url https://n.example", code: 2, want: "asks nobody"},
		{args: "--print-config --admin-addr 10.0.0.1:9090 --insecure-http", want: "10.0.0.1:9090"},
		{args: "--admin-addr 127.0.0.1:7070", code: 2, want: "an address of its own"},
		{args: "--print-config --addr 127.0.0.1:0 --admin-addr 127.0.0.1:0", want: "admin-addr 127.0.0.1:0"},
		{args: "--signup maybe", code: 2, want: "open or closed"},
		{args: "--log xml", code: 2, want: "text or json"},
		{args: "--log-level loud", code: 2, want: "--log-level"},
		{args: "--store postgres://ann:hunter2@h/db", code: 2, want: "sqlite:PATH"},
		{args: "--store sqlite:", code: 2, want: "path"},
		{args: "--bogus", code: 2, want: "--bogus"},
		{args: "bogus", code: 2, want: "bogus"},
		{args: "", env: map[string]string{"NOTESD_CLASSIC": "yes"}, code: 2, want: `notesd: NOTESD_CLASSIC is true or false, not "yes"`},
		{args: "", env: map[string]string{"NOTESD_MAX_NOTES": "abc"}, code: 2, want: `notesd: NOTESD_MAX_NOTES is a number, not "abc"`},
		{args: "--max-notes abc", code: 2, want: `notesd: --max-notes is a number, not "abc"`},
		{args: "check --classic=yes", code: 2, want: `notesd: --classic is true or false, not "yes"`},
		{args: "--public-url n.example", code: 2, want: "https://host"},
		{args: "--trusted-proxy 10.0.0.0/33", code: 2, want: "10.0.0.0/33"},
		{args: "--trusted-proxy ::ffff:10.0.0.0/104", code: 2, want: "::ffff"},
		{args: "--trusted-proxy localhost", code: 2, want: "localhost"},
		{args: "--max-conns-per-address 0", code: 2, want: "1 or more"},
		{args: "--tls-cert c.pem", code: 2, want: "--tls-key"},
		{args: "--tls-key k.pem", code: 2, want: "--tls-cert"},
		{args: "--tls-cert c.pem --tls-key k.pem --tls-domain n.example", code: 2, want: "one of them"},
		{args: "--tls-domain *.n.example", code: 2, want: "*.n.example"},
		{args: "--tls-domain localhost", code: 2, want: "localhost"},
		{args: "--tls-domain n.example --acme-directory http://ca.example/dir", code: 2, want: "--acme-directory"},
		{args: "--tls-domain n.example --acme-directory ca.example", code: 2, want: "--acme-directory"},
		{args: "--tls-domain n.example:443", code: 2, want: "n.example:443"},
		{args: "--tls-domain n.example --public-url http://n.example", code: 2, want: "--public-url"},
		{args: "--tls-domain n.example --store mongodb://h/notes", env: map[string]string{"HOME": ""}, code: 2, want: "--tls-cache"},
		{args: "--http-addr 127.0.0.1:80", code: 2, want: "--tls-domain"},
		{args: "--http-addr 127.0.0.1:80 --tls-cert c.pem --tls-key k.pem", code: 2, want: "--public-url"},
		{args: "--http-addr 80 --tls-domain n.example", code: 2, want: "HOST:PORT"},
		{args: "--tls-cert /nonexistent --tls-key /nonexistent", code: 1, want: "/nonexistent"},
		{args: "--public-url https://ann:hunter2@n.example", code: 2, want: "https://host"},
		{args: "--max-notes 0", code: 2, want: "--max-notes"},
		{args: "--key-file /nonexistent", code: 1, want: "key file"},
	} {
		var out strings.Builder
		args := strings.Fields(tt.args)
		if tt.code == 1 {
			args = append(args, "--store", "sqlite:"+t.TempDir()+"/notes.db")
		}
		env := map[string]string{"HOME": "/home/ann"}
		maps.Copy(env, tt.env)
		code := run(t.Context(), args, &out, &out, func(name string) string { return env[name] })
		printed := strings.Join(strings.Fields(out.String()), " ") // a table's columns are as wide as they must be
		if code != tt.code || !strings.Contains(printed, tt.want) {
			t.Errorf("notesd %s %v: exit code %d, want %d; %q lacks %q", tt.args, tt.env, code, tt.code, out.String(), tt.want)
		}
		if strings.Contains(out.String(), "hunter2") {
			t.Errorf("notesd %s prints the password", tt.args)
		}
	}
}

// process is a server that runs in this process.
type process struct {
	url   string
	admin string // of the admin address, if there is one
	http  string // of --http-addr, likewise
	stop  func() (code int)
}

// serveStore runs the program until it says that it listens.
func serveStore(t *testing.T, args ...string) process {
	t.Helper()
	return serveIn(t, none, args...)
}

// serveIn is serveStore with an environment.
func serveIn(t *testing.T, getenv func(string) string, args ...string) process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	in, errOut := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"--addr", "127.0.0.1:0", "--log", "json"}, args...), io.Discard, errOut, getenv)
		_ = errOut.Close()
	}()
	var stopped sync.Once
	var p process
	p.stop = func() (result int) {
		stopped.Do(func() { cancel(); result = <-code })
		return result
	}
	t.Cleanup(func() { p.stop() })
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var line struct{ Msg, URL string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("not a line of the log: %s", lines.Text())
		}
		if line.Msg == "admin address" {
			p.admin = line.URL
		}
		if line.Msg == "http address" {
			p.http = line.URL
		}
		if line.Msg == "listening" {
			p.url = line.URL
			go func() { _, _ = io.Copy(io.Discard, in) }()
			return p
		}
	}
	t.Fatalf("the server ended with %d before it listened", <-code)
	return p
}

// stores are the engines there are, each with an empty store.
func stores(t *testing.T) map[string]string {
	return map[string]string{
		"sqlite":  "sqlite:" + t.TempDir() + "/data/notes.db",
		"mongodb": mongotest.URI(t),
	}
}

func newClient(t *testing.T, url string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestServe stops and starts a server: the login and the notes are still there.
func TestServe(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			first := serveStore(t, "--store", url)
			c := newClient(t, first.url)
			if _, err := c.CreateUser(ctx, api.NewUser{Username: "ann", Password: password}); err != nil {
				t.Fatal(err)
			}
			login, err := c.Login(ctx, api.NewSession{Username: "ann", Password: password})
			if err != nil {
				t.Fatal(err)
			}
			n, err := newClient(t, first.url, client.WithToken(login.AccessToken)).CreateNote(ctx, api.NewNote{Title: "kept"})
			if err != nil {
				t.Fatal(err)
			}
			if code := first.stop(); code != 0 {
				t.Fatalf("stop: exit code %d", code)
			}
			if err := c.Ready(ctx); !errors.Is(err, api.ErrUnavailable) {
				t.Errorf("a server that was stopped: %v", err)
			}

			second := serveStore(t, "--store", url)
			got, err := newClient(t, second.url, client.WithToken(login.AccessToken)).Note(ctx, n.ID)
			if err != nil || got.Title != "kept" {
				t.Errorf("after a restart: %q, %v", got.Title, err)
			}
		})
	}
}

func TestSecondServerOnOneFile(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	serveStore(t, "--store", url)
	var out strings.Builder
	if code := run(t.Context(), []string{"--addr", "127.0.0.1:0", "--store", url}, &out, &out, none); code != 1 || !strings.Contains(out.String(), "process") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}

// TestStopUnderLoad stops the server while eight people write. What was answered
// is there afterwards.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			first := serveStore(t, "--store", url)
			c := newClient(t, first.url)
			if _, err := c.CreateUser(t.Context(), api.NewUser{Username: "ann", Password: password}); err != nil {
				t.Fatal(err)
			}
			login, err := c.Login(t.Context(), api.NewSession{Username: "ann", Password: password})
			if err != nil {
				t.Fatal(err)
			}
			c = newClient(t, first.url, client.WithToken(login.AccessToken), client.WithTimeout(5*time.Second))

			ctx, cancel := context.WithCancel(t.Context())
			written := make([][]string, 8)
			begun := make(chan struct{}, 1000)
			var writers sync.WaitGroup
			for i := range written {
				writers.Go(func() {
					for ctx.Err() == nil {
						n, err := c.CreateNote(ctx, api.NewNote{Title: "t"})
						if err != nil {
							return
						}
						written[i] = append(written[i], n.ID)
						select {
						case begun <- struct{}{}:
						default:
						}
					}
				})
			}
			for range 50 {
				<-begun
			}
			started := time.Now()
			if code := first.stop(); code != 0 || time.Since(started) > 10*time.Second {
				t.Errorf("exit code %d after %s", code, time.Since(started))
			}
			cancel()
			writers.Wait()

			second := serveStore(t, "--store", url)
			c = newClient(t, second.url, client.WithToken(login.AccessToken))
			kept := map[string]bool{}
			for n, err := range c.AllSummaries(t.Context(), api.ListOptions{Limit: api.MaxPage}) {
				if err != nil {
					t.Fatal(err)
				}
				kept[n.ID] = true
			}
			for _, ids := range written {
				for _, id := range ids {
					if !kept[id] {
						t.Errorf("%s was answered and is lost", id)
					}
				}
			}
		})
	}
}

//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/exchange"
)

// A Ctrl-C that gets here after the end of the program in the foreground is the
// program's, where none came before; the next one is ours.
func TestLateInterrupt(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGQUIT} {
		var a app
		take := func(s os.Signal) bool { return (*a.running.Load())(s) }
		_ = a.foreground(func() error { return nil }, ours)
		if !take(sig) || take(sig) {
			t.Errorf("%v: the first after the end is not the program's, or the second is", sig)
		}
		_ = a.foreground(func() error {
			for range 2 {
				if !take(sig) {
					t.Errorf("%v: one is not the program's while it runs", sig)
				}
			}
			return nil
		}, ours)
		if take(sig) {
			t.Errorf("%v: one after the end is the program's, which has had one", sig)
		}
	}
}

// A pipe that nobody has opened does not keep Ctrl-C waiting.
func TestInterruptedFIFO(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		a := app{lookupenv: func(string) (string, bool) { return "", false }, errOut: io.Discard}
		ended <- a.importNotes(ctx, exchange.Input{Path: path}, importFlags{})
	}()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("it still waits")
	}
	end, err := os.OpenFile(path, os.O_RDWR, 0) // what was left behind ends, too
	if err != nil {
		t.Fatal(err)
	}
	_ = end.Close()
}

// Ctrl-C while the note of a command is being saved may be the one that ended the
// command: the note is saved. A second one keeps the text in a file.
func TestInterruptedKeeping(t *testing.T) {
	t.Parallel()
	for name, times := range map[string]int{"once": 1, "twice": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, saving := person(t), make(chan chan struct{})
			env = append(env, "NOTES_SERVER="+serveHesitant(t, strings.TrimPrefix(env[1], "NOTES_SERVER="), saving, times))
			signUp(t, env)
			s := open(t, env, "sh", "-c", `trap : INT; notes run sh -c 'echo precious; exit 7' > /dev/null`)
			for range times {
				select {
				case goOn := <-saving:
					s.send(ctrlC)
					s.expect("^C") // the signal is sent
					close(goOn)
				case <-time.After(patience):
					t.Fatal("the note is not saved")
				}
			}
			if times == 2 {
				s.expect("notes: interrupted\r\nhint: your text is kept in ")
				s.exits(7)
				return
			}
			s.expect("notes: kept as ")
			s.exits(7)
			if body := output(t, env, "", "ls", "--json", "body", "--jq", ".[].body"); !strings.Contains(body, "precious\n") {
				t.Errorf("the note is %q", body)
			}
		})
	}
}

// serveHesitant stands before a server that is away for a second, times times,
// when a note is to be made. Saving gets what each such answer waits for.
func serveHesitant(t *testing.T, server string, saving chan<- chan struct{}, times int) string {
	t.Helper()
	behind, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/api/v1/notes" || times == 0 {
			proxy.ServeHTTP(w, r)
			return
		}
		times--
		goOn, failed := make(chan struct{}), r.Context().Done()
		select {
		case saving <- goOn:
		case <-failed:
		}
		select {
		case <-goOn:
		case <-failed:
		}
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

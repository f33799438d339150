//go:build linux

package torture

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// soakLength is how long a soak takes.
func soakLength() time.Duration {
	if long() {
		return 10 * time.Minute
	}
	return 30 * time.Second
}

// soakServer is a server with an admin address.
type soakServer struct {
	*process
	admin string
}

func startSoak(tb testing.TB, args ...string) soakServer {
	tb.Helper()
	s := soakServer{process: start(tb, append(args, "--admin-addr", "127.0.0.1:0")...)}
	for line := range strings.Lines(s.Log()) {
		var said struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "admin address" {
			s.admin = said.URL
		}
	}
	if s.admin == "" {
		tb.Fatal("the server does not say where its metrics are")
	}
	return s
}

// usage is what a process holds.
type usage struct {
	goroutines, sockets, files int
	resident                   int // KiB
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d sockets, %d files, %d MiB", u.goroutines, u.sockets, u.files, u.resident>>10)
}

// usage looks at the process from outside, and asks it for its goroutines. The
// connection that asks counts each time.
func (s soakServer) usage() usage {
	s.tb.Helper()
	var u usage
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", s.PID))
	if err != nil || len(links) == 0 {
		s.tb.Fatalf("no descriptors of process %d: %v", s.PID, err)
	}
	for _, link := range links {
		switch to, err := os.Readlink(link); {
		case err != nil: // closed meanwhile
		case strings.HasPrefix(to, "socket:"):
			u.sockets++
		default:
			u.files++
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID))
	if err != nil {
		s.tb.Fatal(err)
	}
	u.resident = numberAfter(s.tb, string(status), "VmRSS:")
	u.goroutines = numberAfter(s.tb, s.metrics(), "\ngo_goroutines ")
	return u
}

func (s soakServer) metrics() string {
	s.tb.Helper()
	req, err := http.NewRequestWithContext(s.tb.Context(), http.MethodGet, s.admin+"/metrics", nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	if _, err := bufio.NewReader(res.Body).WriteTo(&b); err != nil {
		s.tb.Fatal(err)
	}
	return b.String()
}

func numberAfter(tb testing.TB, text, name string) int {
	tb.Helper()
	_, rest, found := strings.Cut(text, name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		tb.Fatalf("no %q in %d bytes", name, len(text))
	}
	n, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		tb.Fatal(err)
	}
	return int(n)
}

// settled waits until a server that nobody uses any more is back at the
// goroutines and connections of when it was idle, but for a pool of connections
// to its store, and returns what it holds then. Fasthttp keeps its goroutines for
// ten seconds, to use them again.
func (s soakServer) settled(idle usage, pool int) usage {
	s.tb.Helper()
	const limit = time.Minute
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		u := s.usage()
		if u.goroutines <= idle.goroutines+2*pool+4 && u.sockets <= idle.sockets+pool {
			return u
		}
		if time.Since(begun) > limit {
			s.tb.Errorf("%s after the load the server holds %s, when idle %s", limit, u, idle)
			return u
		}
	}
}

// wantFlat wants a second round to leave no more behind than the first. The heap
// is never twice the same size, so it may be a little larger; and SQLite opens
// three files for each connection that reads, when one more is first needed. What
// is garbage, Go finds within two minutes where nothing happens.
func (s soakServer) wantFlat(first, second usage) {
	s.tb.Helper()
	const growth = 32 << 10 // KiB
	const limit = 3 * time.Minute
	files := first.files + 3*(runtime.NumCPU()+2)
	begun := time.Now()
	for second.files > files || second.resident > first.resident+growth {
		if time.Since(begun) > limit {
			s.tb.Errorf("after the first half the server holds %s, %s after the second %s", first, limit, second)
			return
		}
		time.Sleep(time.Second)
		second = s.usage()
	}
	if took := time.Since(begun); took > time.Second {
		s.tb.Logf("%s later: %s", took.Round(time.Second), second)
	}
}

// needDescriptors skips the test where a process may not open so many files. Go
// itself raises the soft limit to the hard one.
func needDescriptors(tb testing.TB, n uint64) {
	tb.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		tb.Fatal(err)
	}
	if limit.Max < n {
		missing(tb, "this test opens %d connections: raise the hard limit with ulimit -Hn %d", n, n)
	}
}

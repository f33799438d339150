//go:build linux

package torture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

const password = "correct horse battery"

// notesd is the path of the program under test, which TestMain builds.
var notesd string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "torture")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // some tests run the program as another user
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	notesd = filepath.Join(dir, "notesd")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", notesd, "../cmd/notesd")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build notesd:", err)
		return 1
	}
	return m.Run()
}

// long reports whether the long forms were asked for.
func long() bool { return os.Getenv("NOTES_TORTURE") == "long" }

// count is how often something is done: so often in the short form, so often in
// the long one.
func count(short, longer int) int {
	if long() {
		return longer
	}
	return short
}

// missing skips a test that cannot run here, or fails it where none may be
// skipped.
func missing(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
		tb.Fatalf(format, args...)
	}
	tb.Skipf(format, args...)
}

// process is a notesd that runs as a child.
type process struct {
	URL string
	PID int

	tb        testing.TB
	cmd       *exec.Cmd
	log       *lockedBuffer
	listening chan string   // tells the URL once
	done      chan struct{} // closed when it has ended, and code is known
	code      int
}

// command returns notesd with a free port, a log in JSON and these flags.
func command(args ...string) *exec.Cmd {
	args = append([]string{"--addr", "127.0.0.1:0", "--log", "json"}, args...)
	return exec.CommandContext(context.Background(), notesd, args...)
}

// start runs notesd with these flags until it listens. It ends with the test.
func start(tb testing.TB, args ...string) *process {
	tb.Helper()
	return startCommand(tb, command(args...))
}

// startCommand is as start, for a command that was changed.
func startCommand(tb testing.TB, cmd *exec.Cmd) *process {
	tb.Helper()
	p := launch(tb, cmd)
	p.await()
	return p
}

// launch runs a notesd that need not listen yet: see await. It ends with the test.
func launch(tb testing.TB, cmd *exec.Cmd) *process {
	tb.Helper()
	p := &process{tb: tb, cmd: cmd, log: &lockedBuffer{}, listening: make(chan string, 1), done: make(chan struct{})}
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	stderr, w, err := os.Pipe() // of our own: Wait would close StderrPipe before it is read
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Stderr = w
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		tb.Fatal(err)
	}
	p.PID = cmd.Process.Pid
	go func() {
		p.read(stderr)
		_ = stderr.Close()
		_ = cmd.Wait()
		p.code = cmd.ProcessState.ExitCode()
		close(p.done)
	}()
	tb.Cleanup(func() {
		p.Kill()
		if trouble := p.trouble(); tb.Failed() && trouble != "" {
			tb.Logf("process %d has logged:\n%s", p.PID, trouble)
		}
	})
	return p
}

// await returns when the process listens.
func (p *process) await() {
	p.tb.Helper()
	select {
	case p.URL = <-p.listening:
	case <-p.done:
		p.tb.Fatalf("notesd ended with %d before it listened: %s", p.code, p.Log())
	case <-time.After(30 * time.Second):
		p.tb.Fatalf("notesd does not listen: %s", p.Log())
	}
}

// read keeps the log, and tells the address when it comes.
func (p *process) read(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		_, _ = p.log.Write(append(lines.Bytes(), '\n'))
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			p.listening <- line.URL
		}
	}
}

// Signal sends a signal, unless the process has ended.
func (p *process) Signal(s syscall.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("signal %s: %v", s, err)
	}
}

// Kill ends the process as a power failure would, but for the disk's cache.
func (p *process) Kill() {
	p.tb.Helper()
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Stop asks the process to end, and returns its exit code.
func (p *process) Stop() int {
	p.tb.Helper()
	p.Signal(syscall.SIGTERM)
	return p.Wait()
}

// Wait returns the exit code when the process has ended, -1 if by a signal.
func (p *process) Wait() int {
	p.tb.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.tb.Fatalf("process %d does not end", p.PID)
	}
	return p.code
}

// ended reports whether the process has.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Log returns what the process has logged so far.
func (p *process) Log() string { return p.log.String() }

// refusal runs a notesd that must not start, and returns what it says and its
// exit code.
func refusal(tb testing.TB, cmd *exec.Cmd) (said string, code int) {
	tb.Helper()
	cmd.Env = []string{}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	timer := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
	return out.String(), cmd.ProcessState.ExitCode()
}

// newClient returns a client of the server at url.
func newClient(tb testing.TB, url string, opts ...client.Option) *client.Client {
	tb.Helper()
	c, err := client.New(url, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// signUp makes a user and logs in.
func signUp(tb testing.TB, url, name string) api.Login {
	tb.Helper()
	c := newClient(tb, url)
	if _, err := c.CreateUser(tb.Context(), api.NewUser{Username: name, Password: password}); err != nil {
		tb.Fatal(err)
	}
	return logIn(tb, url, name)
}

func logIn(tb testing.TB, url, name string) api.Login {
	tb.Helper()
	l, err := newClient(tb, url).Login(tb.Context(), api.NewSession{Username: name, Password: password, Label: "torture"})
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// as returns a client that is logged in, by the token alone: it is valid for
// half an hour.
func as(tb testing.TB, url string, l api.Login, opts ...client.Option) *client.Client {
	tb.Helper()
	return newClient(tb, url, append([]client.Option{client.WithToken(l.AccessToken)}, opts...)...)
}

// eventually waits until ok, and reports how long that took. It fails the test
// when it takes longer than the limit.
func eventually(tb testing.TB, limit time.Duration, what string, ok func() bool) time.Duration {
	tb.Helper()
	begun := time.Now()
	for !ok() {
		if time.Since(begun) > limit {
			tb.Fatalf("%s: not within %s", what, limit)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(begun)
}

// lockedBuffer takes the log while others read it, and keeps its last megabyte.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > 2<<20 {
		l.b.Next(1 << 20)
	}
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// trouble returns the last lines of the log that tell of errors.
func (p *process) trouble() string {
	var lines []string
	for line := range strings.Lines(p.Log()) {
		if !strings.Contains(line, `"level":"INFO"`) && !strings.Contains(line, `"msg":"request"`) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-20):], "")
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

package mongotest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// FerretDB must be gone when the test process is, and its directory with it. What
// the kernel does to the pipe of a killed process, closing does too.
func TestFerretDBEndsWithItsStdin(t *testing.T) {
	t.Parallel()
	bin, err := buildFerretDB()
	if err != nil {
		missing(t, "%v", err)
	}
	tmp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), bin)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("it printed %q: %v", line, err)
	}
	if dirs, _ := filepath.Glob(filepath.Join(tmp, "*")); len(dirs) != 1 {
		t.Errorf("it keeps its data in %q, not in one directory", dirs)
	}
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if dirs, _ := filepath.Glob(filepath.Join(tmp, "*")); len(dirs) != 0 {
		t.Errorf("it left %q behind", dirs)
	}
}

func TestProxyLetsOneCommandThroughAtATime(t *testing.T) {
	t.Parallel()
	const clients, commands = 8, 50
	var under, most atomic.Int32
	upstream := answer(t, func(m message) {
		if m.handshake() {
			return
		}
		if n := under.Add(1); n > most.Load() {
			most.Store(n)
		}
		runtime.Gosched() // a second one would be let in here
		under.Add(-1)
	})
	p, err := newProxy(upstream, new(sync.Mutex))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)

	var wg sync.WaitGroup
	for range clients {
		c := dial(t, p)
		wg.Go(func() {
			for range commands {
				if !ask(t, c, "update") {
					t.Error("a command was not answered")
					return
				}
			}
		})
	}
	wg.Wait()
	if got := most.Load(); got != 1 {
		t.Errorf("%d commands were under way at once", got)
	}
}

func TestProxyFaults(t *testing.T) {
	t.Parallel()
	var done atomic.Int32
	upstream := answer(t, func(m message) {
		if m.command() == "insert" {
			done.Add(1)
		}
	})
	p, err := newProxy(upstream, new(sync.Mutex))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)

	c := dial(t, p)
	if !ask(t, c, "insert") || done.Load() != 1 {
		t.Error("without a fault an insert was not carried out and answered")
	}
	p.set(stopped)
	if ask(t, c, "insert") || ask(t, dial(t, p), "insert") || done.Load() != 1 {
		t.Error("while stopped, an insert was carried out or answered")
	}
	p.set(cut)
	c = dial(t, p)
	if !ask(t, c, "hello") {
		t.Error("while answers are cut, a hello was not answered")
	}
	if ask(t, c, "insert") || done.Load() != 2 {
		t.Error("while answers are cut, an insert was answered or not carried out")
	}
	p.set(frozen)
	c = dial(t, p)
	send(t, c, "insert")
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := readMessage(c); !os.IsTimeout(err) || done.Load() != 2 {
		t.Errorf("while frozen, an insert was carried out or answered: %v", err)
	}
	p.set(none)
	if ask(t, c, "insert") {
		t.Error("a connection that was frozen went on")
	}
	if !ask(t, dial(t, p), "insert") {
		t.Error("after the faults an insert was not answered")
	}
}

// Watch is told of commands by their names and collections, and of no heartbeat.
func TestWatch(t *testing.T) {
	t.Parallel()
	s := Start(t)
	told := make(chan string, 10)
	s.Watch(func(command, collection string) { told <- command + " " + collection })
	c, err := mongo.Connect(t.Context(), options.Client().ApplyURI(s.URI()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Disconnect(context.Background()) })
	things := c.Database("db").Collection("things")
	if err := things.FindOne(t.Context(), bson.D{}).Err(); !errors.Is(err, mongo.ErrNoDocuments) {
		t.Fatal(err)
	}
	if _, err := things.DeleteMany(t.Context(), bson.D{}); err != nil {
		t.Fatal(err)
	}
	s.Watch(nil)
	close(told)
	var got []string
	for command := range told {
		got = append(got, command)
	}
	if want := []string{"find things", "delete things"}; !slices.Equal(got, want) {
		t.Errorf("told of %q, want %q", got, want)
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ uri, host, want string }{
		{"mongodb://h:1", "", "mongodb://h:1/db?"},
		{"mongodb://h:1,i:2/old?replicaSet=rs", "", "mongodb://h:1,i:2/db?replicaSet=rs"},
		{"mongodb://h:1,i:2/", "p:3", "mongodb://p:3/db?directConnection=true"},
		{"mongodb://u:p%40@h/old", "p:3", "mongodb://u:p%40@p:3/db?authSource=old&directConnection=true"},
		{"mongodb://u:p@h", "", "mongodb://u:p@h/db?authSource=admin"},
	} {
		if got, err := rewrite(tt.uri, tt.host, "db"); got != tt.want || err != nil {
			t.Errorf("rewrite(%q, %q) = %q, %v; want %q", tt.uri, tt.host, got, err, tt.want)
		}
	}
}

// answer serves connections that answer every message with itself, after do.
func answer(t *testing.T, do func(message)) (addr string) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				for {
					m, err := readMessage(c)
					if err != nil {
						return
					}
					do(m)
					_, _ = c.Write(m)
				}
			}()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, p *proxy) net.Conn {
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, command string) {
	doc, err := bson.Marshal(bson.D{{Key: command, Value: 1}})
	if err != nil {
		t.Fatal(err)
	}
	m := make([]byte, headerLen+5, headerLen+5+len(doc))
	m = append(m, doc...)
	binary.LittleEndian.PutUint32(m, uint32(len(m)))
	binary.LittleEndian.PutUint32(m[12:], opMsg)
	_, _ = c.Write(m)
}

// ask sends a command and reports whether it was answered.
func ask(t *testing.T, c net.Conn, command string) bool {
	send(t, c, command)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, err := readMessage(c)
	return err == nil
}

// A held command waits, others go on, and it is carried out though its client has
// gone.
func TestHold(t *testing.T) {
	t.Parallel()
	var done atomic.Int32
	upstream := answer(t, func(m message) {
		if m.command() == "insert" {
			done.Add(1)
		}
	})
	p, err := newProxy(upstream, new(sync.Mutex))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	server := &Server{proxy: p}

	held, letGo := server.Hold(2)
	slow := dial(t, p)
	if !ask(t, slow, "hello") || !ask(t, slow, "insert") {
		t.Error("what comes before the held command is not answered")
	}
	send(t, slow, "insert")
	<-held
	if !ask(t, dial(t, p), "insert") || done.Load() != 2 {
		t.Errorf("while a command is held, another one is not answered, or %d were carried out", done.Load())
	}
	_ = slow.Close()
	if letGo(); done.Load() != 3 {
		t.Errorf("%d commands were carried out at last", done.Load())
	}

	held, letGo = server.Hold(1)
	letGo()
	if !ask(t, dial(t, p), "insert") {
		t.Error("a command that nobody holds any more is not answered")
	}
	select {
	case <-held:
		t.Error("a command was held after all")
	default:
	}
}

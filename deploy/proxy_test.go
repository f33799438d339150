package deploy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

const (
	password = "correct horse battery"
	public   = "https://example.com"
	visitor  = "127.0.0.2" // another address than the proxy's
)

// log takes what several goroutines or a process write.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// backend is a notesd as the examples want it, with all that it may be asked for.
func backend(t *testing.T) (addr string, says *log, stop func()) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), t.TempDir()+"/notes.db")
	if err != nil {
		t.Fatal(err)
	}
	says = &log{}
	s, err := server.New(t.Context(), server.Config{
		Store: st, Signup: true, Classic: true, PublicURL: public, Log: slog.New(slog.NewTextHandler(says, nil)),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := st.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	t.Cleanup(stop)
	return ln.Addr().String(), says, stop
}

// proxy starts a program that ends with the test.
func proxy(t *testing.T, says *log, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = says, says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s says:\n%s", name, says)
		}
	})
}

// freePort is one that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// browser reaches the proxy by its public name, from another address.
func browser(t *testing.T, port string, roots *x509.CertPool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(visitor)}}
		return d.DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

func get(t *testing.T, c *http.Client, path string) (status int, header http.Header, err error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, public+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		return 0, nil, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Header, errors.Join(err, res.Body.Close())
}

// wait asks until the proxy passes on what the server says.
func wait(t *testing.T, c *http.Client) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for {
		status, _, err := get(t, c, "/readyz")
		if status == http.StatusOK {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("the proxy does not serve: %d, %v", status, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// exercise does what a proxy can spoil. A request that is too long is answered
// with one of tooLong.
func exercise(t *testing.T, web *http.Client, says *log, tooLong ...int) {
	t.Helper()
	ctx := t.Context()
	_, header, err := get(t, web, "/api/v1/version")
	if err != nil || header.Get("Strict-Transport-Security") == "" || header.Get("Content-Security-Policy") == "" {
		t.Errorf("headers of the answers: %v, %v", header, err)
	}
	c, err := client.New(public, client.WithHTTPClient(web), client.WithTimeout(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateUser(ctx, api.NewUser{Username: "ann", Password: password}); err != nil {
		t.Fatal(err)
	}
	login, err := c.Login(ctx, api.NewSession{Username: "ann", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(says.String(), "ip="+visitor) {
		t.Errorf("the server takes the proxy for the visitor:\n%s", says)
	}

	// The longest note, in its longest form: 6 MiB of JSON, each way.
	body := strings.Repeat("\x01", api.MaxBody)
	c, err = client.New(public, client.WithHTTPClient(web), client.WithToken(login.AccessToken), client.WithTimeout(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	n, err := c.CreateNote(ctx, api.NewNote{Title: "long", Body: body})
	if err != nil || n.Body != body {
		t.Fatalf("a note of %d bytes came back with %d: %v", len(body), len(n.Body), err)
	}
	do := func(method, path, body string, headers ...string) (status int, tag string) {
		req, err := http.NewRequestWithContext(ctx, method, public+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+login.AccessToken)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept-Encoding", "gzip, zstd, br")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			req.Header.Set(name, value)
		}
		res, err := web.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode, res.Header.Get("ETag")
	}
	path := "/api/v1/notes/" + n.ID
	_, tag := do("GET", path, "")
	if tag != `"1"` {
		t.Errorf("the ETag of a note: %s", tag)
	}
	if status, _ := do("PATCH", path, `{"body":"short"}`, "If-Match: "+tag); status != 200 {
		t.Errorf("a save with that ETag: %d", status)
	}
	if status, _ := do("PATCH", path, `{"body":"shorter"}`, "If-Match: "+tag); status != 412 {
		t.Errorf("a second one: %d", status)
	}
	if status, _ := do("POST", "/api/v1/notes", strings.Repeat(" ", api.MaxRequest+1)); !slices.Contains(tooLong, status) {
		t.Errorf("a request of more than 8 MiB: %d", status)
	}
	if status, _ := do("POST", "/api/v1/notes", `{"title":"x","body":""}`, "X-Forwarded-For: 203.0.113.7"); status != 201 || strings.Contains(says.String(), "203.0.113.7") {
		t.Errorf("a forged address: %d", status)
	}
}

// secretive looks for what a query holds in all that the proxy writes, while the
// server answers, and when it is gone.
func secretive(t *testing.T, web *http.Client, stop func(), written func() string) {
	t.Helper()
	if status, _, err := get(t, web, "/api/listnotes?TOKEN=canary-token&USERID=x"); status != 401 {
		t.Errorf("the tutorial's API: %d, %v", status, err)
	}
	_, _, _ = get(t, web, "/api/v1/notes?q=canary-word")
	stop()
	for _, path := range []string{"/api/listnotes?TOKEN=canary-token&USERID=x", "/api/v1/notes?q=canary-word"} {
		if status, _, err := get(t, web, path); status < 500 {
			t.Errorf("without a server: %d, %v", status, err)
		}
	}
	if log := written(); strings.Contains(log, "canary") {
		t.Errorf("the proxy wrote down a query:\n%s", log)
	}
}

// TestNginx runs the example with other addresses and folders.
func TestNginx(t *testing.T) {
	t.Parallel()
	need(t, "nginx", "nginx")
	addr, says, stop := backend(t)
	cert, key, roots := certificate(t)
	dir, http, https := t.TempDir(), freePort(t), freePort(t)
	example := replace(t, read(t, "nginx.conf"),
		"/etc/letsencrypt/live/notes.example.org/fullchain.pem", cert,
		"/etc/letsencrypt/live/notes.example.org/privkey.pem", key,
		"/var/log/nginx/", dir+"/",
		"notes.example.org", "example.com",
		"127.0.0.1:7070", addr,
		"listen 80;", "listen 127.0.0.1:"+http+";", "listen [::]:80;", "",
		"listen 443 ", "listen 127.0.0.1:"+https+" ", "listen [::]:443 ssl http2;", "",
	)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // its own could not enter the folder of the test
	}
	temp := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("\t%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	conf := write(t, "nginx.conf", fmt.Sprintf("%sdaemon off;\nworker_processes 1;\npid %s/pid;\nerror_log stderr error;\nevents {}\nhttp {\n%s%s}\n", user, dir, temp, example))
	if out, err := exec.CommandContext(t.Context(), "nginx", "-t", "-q", "-e", "stderr", "-c", conf).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	stderr := &log{}
	proxy(t, stderr, nil, "nginx", "-e", "stderr", "-c", conf)
	web := browser(t, https, roots)
	wait(t, web)
	exercise(t, web, says, 413)
	secretive(t, web, stop, func() string {
		return stderr.String() + read(t, dir+"/notesd.log") + read(t, dir+"/notesd.error.log")
	})
	if log := read(t, dir+"/notesd.log"); !strings.Contains(log, visitor) || !strings.Contains(log, "/api/listnotes 401") {
		t.Errorf("the log has no requests:\n%s", log)
	}
}

// TestCaddy runs the example with another port and certificates of Caddy's own.
func TestCaddy(t *testing.T) {
	t.Parallel()
	need(t, "caddy", "caddy")
	addr, says, stop := backend(t)
	port, dir := freePort(t), t.TempDir()
	env := []string{"XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "HOME=" + dir}
	run := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), "caddy", args...)
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), `"warn"`) {
			t.Errorf("caddy %v: %v\n%s", args, err, out)
		}
	}
	run("validate", "--adapter", "caddyfile", "--config", "Caddyfile")

	conf := write(t, "Caddyfile", replace(t, read(t, "Caddyfile"),
		"{\n\t# What Caddy says", "{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n\t# What Caddy says",
		"health_interval 5s", "health_interval 50ms",
		"lb_try_duration 5s", "lb_try_duration 2s",
	))
	stderr := &log{}
	proxy(t, stderr, append(env, "NOTES_DOMAIN=example.com:"+port, "NOTES_UPSTREAM="+addr), "caddy", "run", "--adapter", "caddyfile", "--config", conf)
	roots := x509.NewCertPool()
	deadline := time.After(15 * time.Second)
	for { // until Caddy has made itself an authority
		if root, err := os.ReadFile(filepath.Join(dir, "caddy/pki/authorities/local/root.crt")); err == nil && roots.AppendCertsFromPEM(root) {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("Caddy makes no certificate:\n%s", stderr)
		case <-time.After(20 * time.Millisecond):
		}
	}
	web := browser(t, port, roots)
	wait(t, web)
	// Caddy does not look at the length first, so it depends on who notices first:
	// it, or notesd, which hangs up on it.
	exercise(t, web, says, 413, 502)
	secretive(t, web, stop, stderr.String)
	if !strings.Contains(stderr.String(), "http.log.error") {
		t.Errorf("it says nothing about the server that is gone:\n%s", stderr)
	}
}

// certificate borrows that of net/http/httptest, which is for example.com.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	certFile = write(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	keyFile = write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	return certFile, keyFile, roots
}

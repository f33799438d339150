package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const acmeName = "notes.example.org"

// authority is Pebble, an ACME server for tests, see acmetest.
type authority struct {
	Directory     string
	DirectoryRoot string
	IssuedRoot    string

	stdin io.Writer
}

// startAuthority builds and starts it. It validates nothing before it is told by
// lookAt where the server is.
func startAuthority(t *testing.T) *authority {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "acmetest")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	build.Dir = "acmetest"
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
			t.Fatalf("Pebble cannot be built: %v: %s", err, out)
		}
		t.Skipf("Pebble cannot be built; it needs the Go module proxy: %v: %s", err, out)
	}
	cmd := exec.Command(bin)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var says bytes.Buffer
	cmd.Stderr = &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("Pebble: %v\n%s", err, &says)
		}
	})
	a := &authority{stdin: stdin}
	if err := json.NewDecoder(stdout).Decode(a); err != nil {
		t.Fatal(err)
	}
	return a
}

// lookAt says where the names lead, in place of ports 443 and 80.
func (a *authority) lookAt(t *testing.T, tlsURL, httpURL string) {
	t.Helper()
	port := func(url string) string { return url[strings.LastIndexByte(url, ':')+1:] }
	if _, err := fmt.Fprintf(a.stdin, `{"TLS":%s,"HTTP":%s}`+"\n", port(tlsURL), port(httpURL)); err != nil {
		t.Fatal(err)
	}
}

// TestTLSDomain gets certificates, by each of the two ways in which the authority
// can see that a name leads here, and serves with them.
func TestTLSDomain(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	nowhere := "https://" + closed.Addr().String()
	for _, way := range []string{"TLS", "HTTP"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			a := startAuthority(t)
			dir := t.TempDir()
			caFile := filepath.Join(dir, "ca.pem")
			replace(t, caFile, []byte(a.DirectoryRoot))
			args := []string{
				"--store", "sqlite:" + dir + "/data/notes.db", "--tls-domain", acmeName + ",www." + acmeName,
				"--acme-directory", a.Directory, "--acme-ca", caFile,
			}
			p := serveStore(t, append(args, "--http-addr", "127.0.0.1:0")...)
			if way == "TLS" {
				a.lookAt(t, p.url, nowhere)
			} else {
				a.lookAt(t, nowhere, p.http)
			}
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM([]byte(a.IssuedRoot))
			config := &tls.Config{RootCAs: roots, ServerName: acmeName}
			state := eventually(t, p.url, config)
			first := state.PeerCertificates[0]
			if err := first.VerifyHostname(acmeName); err != nil {
				t.Error(err)
			}
			if _, err := handshake(t, p.url, &tls.Config{RootCAs: roots, ServerName: "evil.example.org"}); err == nil {
				t.Error("there is a certificate for a name that is not ours")
			}
			if _, err := handshake(t, p.url, &tls.Config{InsecureSkipVerify: true}); err == nil {
				t.Error("there is a certificate for no name")
			}
			web := httpsClient(t, roots)
			web.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, strings.TrimPrefix(p.url, "https://"))
			}
			res, err := web.Get("https://" + acmeName + "/livez")
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
				t.Errorf("%d %v", res.StatusCode, res.Header)
			}
			cachePrivate(t, dir+"/data/certs")

			if code := p.stop(); code != 0 {
				t.Fatalf("stop: %d", code)
			}
			p = serveStore(t, args...)
			if state := eventually(t, p.url, config); !state.PeerCertificates[0].Equal(first) {
				t.Error("a restart got another certificate: the authority would soon give none")
			}
		})
	}
}

// eventually shakes hands until the server has a certificate.
func eventually(t *testing.T, url string, config *tls.Config) tls.ConnectionState {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for now := range time.Tick(50 * time.Millisecond) {
		state, err := handshake(t, url, config)
		if err == nil {
			return state
		}
		if now.After(deadline) {
			t.Fatalf("no certificate: %v", err)
		}
	}
	return tls.ConnectionState{}
}

// cachePrivate looks at the rights of the folder of certificates and all in it.
func cachePrivate(t *testing.T, dir string) {
	t.Helper()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder of certificates: %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Errorf("%d files in the folder of certificates, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// TestNoCertificate: when the authority cannot be reached, the log says so, once
// a minute, and nothing of names that are not ours.
func TestNoCertificate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var log bytes.Buffer
	c := config{tlsDomain: acmeName, tlsCache: t.TempDir() + "/certs", acmeURL: "https://127.0.0.1:1/dir"}
	a, err := newACME(c, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if web := a.Client.HTTPClient; web == nil || web.Timeout != acmeTimeout {
		t.Error("an authority that does not answer is waited for without end")
	}
	for _, step := range []struct {
		name   string
		after  time.Duration
		errors int // in the log, so far
	}{
		{"evil.example.org", 0, 0},
		{"", 0, 0},
		{acmeName, 0, 1},
		{acmeName, time.Second, 1},
		{acmeName, time.Minute, 2},
	} {
		now = now.Add(step.after)
		if _, err := a.get(&tls.ClientHelloInfo{ServerName: step.name}); err == nil {
			t.Errorf("%s has a certificate", step.name)
		}
		if got := strings.Count(log.String(), "level=ERROR"); got != step.errors {
			t.Errorf("%q: %d complaints, want %d: %s", step.name, got, step.errors, &log)
		}
	}
}

// TestRedirect asks on --http-addr. Nobody is sent on to a host that is not ours.
func TestRedirect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, _ := certificate(t, dir, 1)
	p := serveStore(t, "--store", "sqlite:"+dir+"/notes.db", "--tls-cert", cert, "--tls-key", key,
		"--public-url", "https://"+acmeName+":8443", "--http-addr", "127.0.0.1:0")
	const to = "https://" + acmeName + ":8443"
	for _, tt := range []struct {
		request, host string
		status        int
		location      string
	}{
		{"GET /", acmeName, 308, to + "/"},
		{"GET /notes/x?q=a%20b&c", acmeName + ":80", 308, to + "/notes/x?q=a%20b&c"},
		{"POST /api/v1/sessions", "NOTES.example.org.", 308, to + "/api/v1/sessions"},
		{"GET //evil.example/x", acmeName, 308, to + "//evil.example/x"},
		{"GET /\\evil.example", acmeName, 308, to + "/%5Cevil.example"},
		{"GET mailto:ann", acmeName, 308, to + "/"},
		{"GET /.well-known/acme-challenge/x", acmeName, 308, to + "/.well-known/acme-challenge/x"},
		{"GET /", "evil.example", 421, ""},
		{"GET /", "127.0.0.1", 421, ""},
		{"GET /", acmeName + ".evil.example", 421, ""},
		{"GET http://evil.example/", acmeName, 421, ""},
		{"GET /", acmeName + "@evil.example", 400, ""},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.http, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", tt.request, tt.host)
		text, err := io.ReadAll(conn)
		_ = conn.Close()
		if err != nil {
			t.Errorf("%s on %s: %v", tt.request, tt.host, err)
		}
		head, _, _ := strings.Cut(string(text), "\r\n\r\n")
		if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", tt.status)) || tt.location != "" != strings.Contains(head, "\r\nLocation: "+tt.location+"\r\n") {
			t.Errorf("%s on %s: %s", tt.request, tt.host, head)
		}
	}
}

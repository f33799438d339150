package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// nginxConf is an nginx that does what spoils ETags: it compresses.
const nginxConf = `
daemon off;
worker_processes 1;
pid DIR/pid;
error_log stderr warn;
events {}
http {
	access_log off;
	client_body_temp_path DIR/body;
	proxy_temp_path DIR/proxy;
	fastcgi_temp_path DIR/fastcgi;
	uwsgi_temp_path DIR/uwsgi;
	scgi_temp_path DIR/scgi;
	gzip on;
	gzip_types application/json application/problem+json;
	gzip_min_length 1;
	gzip_proxied any;
	server {
		listen ADDRESS ssl;
		ssl_certificate DIR/cert.pem;
		ssl_certificate_key DIR/key.pem;
		client_max_body_size 8m; # not more, or it makes a 502 of our 413
		location / {
			proxy_pass http://UPSTREAM;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
			proxy_set_header X-Forwarded-Proto $scheme;
		}
	}
}
`

// behindNginx returns f as people see it who come through nginx, from 127.0.0.2.
func behindNginx(t *testing.T, f *fixture) *fixture {
	t.Helper()
	if _, err := exec.LookPath("nginx"); err != nil {
		if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
			t.Fatal("install nginx (on Debian: the package nginx)")
		}
		t.Skip("install nginx (on Debian: the package nginx) for this test")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = ln.Close(), socket.Close() }()
	dir := t.TempDir()
	writePEM(t, dir)
	conf := strings.NewReplacer("DIR", dir, "ADDRESS", ln.Addr().String(), "UPSTREAM", f.addr()).Replace(nginxConf)
	if os.Getuid() == 0 {
		conf = "user root;" + conf // its own could not enter the folder of the test
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nginx", "-e", "stderr", "-c", dir+"/nginx.conf")
	cmd.ExtraFiles = []*os.File{socket} // so that no other program can take the port meanwhile
	cmd.Env = append(os.Environ(), "NGINX=3;")
	var says bytes.Buffer
	cmd.Stderr = &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it ends its worker too
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("nginx says:\n%s", &says)
		}
	})
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true},
		DisableCompression: true, // we ask for it ourselves, to see what comes
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
			return d.DialContext(ctx, network, addr)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	through := *f
	through.url, through.http = "https://"+ln.Addr().String(), &http.Client{Transport: transport}
	return &through
}

func writePEM(t *testing.T, dir string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: s.Certificate().Raw},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNginx works through a proxy that does the TLS and compresses, with no
// public URL: all that the server knows of the outside it has from the proxy.
func TestNginx(t *testing.T) {
	t.Parallel()
	direct := start(t, func(c *server.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	login := direct.signup("ann")
	f := behindNginx(t, direct)

	a := f.do("GET", "/livez", "", "X-Forwarded-For: 203.0.113.7")
	if got := f.logged(a.header.Get(api.HeaderRequest))["ip"]; a.status != 200 || got != "127.0.0.2" {
		t.Errorf("the address in the log is %v: %d", got, a.status)
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}

	a = f.do("POST", "/api/v1/sessions", loginBody, "Origin: "+f.url)
	if a.status != 201 {
		t.Fatalf("login: %d %s", a.status, a.body)
	}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if !c.Secure || !strings.HasPrefix(c.Name, "__Host-") {
			t.Errorf("cookie %s", c)
		}
	}
	jar := cookies(a)
	const note = `{"id":"k3k3k3k3k3k3","title":"t","body":""}`
	if a := f.do("POST", "/api/v1/notes", note, jar, "Origin: "+f.url); a.status != 201 {
		t.Errorf("a request of our own page: %d %s", a.status, a.body)
	}
	for _, other := range []string{direct.url, "http" + strings.TrimPrefix(f.url, "https"), "https://evil.example"} {
		if a := f.do("POST", "/api/v1/notes", note, jar, "Origin: "+other); a.status != 403 {
			t.Errorf("a request of %s: %d", other, a.status)
		}
	}

	const one, gzip = "/api/v1/notes/k3k3k3k3k3k3", "Accept-Encoding: gzip"
	read := f.do("GET", one, "", bearer(login), gzip)
	if read.header.Get("Content-Encoding") != "gzip" || read.header.Get("ETag") != `W/"1"` {
		t.Fatalf("nginx does not compress: %v", read.header)
	}
	saved := f.do("PATCH", one, `{"title":"saved"}`, bearer(login), gzip, "If-Match: "+read.header.Get("ETag"))
	if saved.status != 200 || saved.header.Get("ETag") != `W/"2"` {
		t.Errorf("a save: %d %v", saved.status, saved.header)
	}
	if a := f.do("PATCH", one, `{"title":"late"}`, bearer(login), gzip, "If-Match: "+read.header.Get("ETag")); a.status != 412 {
		t.Errorf("a late save: %d", a.status)
	}
	list := f.do("GET", "/api/v1/notes", "", bearer(login), gzip)
	if tag := list.header.Get("ETag"); list.header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(tag, `W/"`) {
		t.Errorf("list: %v", list.header)
	} else if again := f.do("GET", "/api/v1/notes", "", bearer(login), gzip, "If-None-Match: "+tag); again.status != 304 || again.body != "" {
		t.Errorf("the list again: %d", again.status)
	}

	long := `{"title":"long","body":"` + strings.Repeat(`\u0001`, api.MaxBody) + `"}`
	long += strings.Repeat(" ", api.MaxRequest-len(long))
	if a := f.do("POST", "/api/v1/notes", long, bearer(login)); a.status != 201 {
		t.Errorf("the longest request there may be: %d %.200s", a.status, a.body)
	}
	if a := f.do("POST", "/api/v1/notes", long+" ", bearer(login)); a.status != 413 {
		t.Errorf("a longer one: %d", a.status)
	}
}

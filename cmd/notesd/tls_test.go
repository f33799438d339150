package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// certificate writes a new certificate for 127.0.0.1 and its key over those in
// dir, and returns the pool that trusts it.
func certificate(t *testing.T, dir string, serial int64) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"notes.example.org"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	replace(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	replace(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(cert)
	return certFile, keyFile, roots
}

// replace does what programs do that renew certificates.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func httpsClient(t *testing.T, roots *x509.CertPool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// handshake returns what the server shows to a client with this configuration.
func handshake(t *testing.T, url string, config *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	d := tls.Dialer{Config: config}
	conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "https://"))
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState(), nil
}

// TestTLSFiles serves with a certificate from files, and replaces it.
func TestTLSFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, roots := certificate(t, dir, 1)
	p := serveStore(t, "--store", "sqlite:"+dir+"/notes.db", "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(p.url, "https://") {
		t.Fatalf("the log says %s", p.url)
	}
	web := httpsClient(t, roots)
	c := newClient(t, p.url, client.WithHTTPClient(web))
	if _, err := c.CreateUser(t.Context(), api.NewUser{Username: "ann", Password: password}); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/v1/sessions",
		strings.NewReader(`{"username":"ann","password":"`+password+`","cookie":true}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", p.url)
	res, err := web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 201 || res.ProtoMajor != 1 || res.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
		t.Errorf("login: %d by %s, %v", res.StatusCode, res.Proto, res.Header)
	}
	for _, c := range res.Cookies() {
		if !c.Secure || !strings.HasPrefix(c.Name, "__Host-") {
			t.Errorf("cookie %s", c)
		}
	}

	for _, tt := range []struct {
		name   string
		config *tls.Config
		ok     bool
	}{
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, true},
		{"HTTP/2 alone", &tls.Config{NextProtos: []string{"h2"}}, false},
		{"HTTP/2 first", &tls.Config{NextProtos: []string{"h2", "http/1.1"}}, true},
	} {
		tt.config.RootCAs = roots
		state, err := handshake(t, p.url, tt.config)
		if (err == nil) != tt.ok || state.NegotiatedProtocol == "h2" {
			t.Errorf("%s: %q, %v", tt.name, state.NegotiatedProtocol, err)
		}
	}

	_, _, roots = certificate(t, dir, 2)
	deadline := time.Now().Add(10 * time.Second)
	for now := range time.Tick(50 * time.Millisecond) {
		_, err := handshake(t, p.url, &tls.Config{RootCAs: roots})
		if err == nil {
			break
		}
		if now.After(deadline) {
			t.Fatalf("the new certificate is not taken: %v", err)
		}
	}
}

// TestCertFilesBroken replaces the files by what is no certificate.
func TestCertFilesBroken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	var log bytes.Buffer
	cert, key, _ := certificate(t, dir, 1)
	f, err := openCertFiles(cert, key, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		got, err := f.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return got.Leaf.SerialNumber.Int64()
	}
	good, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func()
		want   int64
		errors int // in the log, so far
	}{
		{"nothing changed", func() {}, 1, 0},
		{"half a certificate", func() { replace(t, cert, []byte("-----BEGIN CERT")) }, 1, 1},
		{"a second look at it", func() {}, 1, 1},
		{"a new one", func() { certificate(t, dir, 2) }, 2, 1},
		{"another's key", func() { replace(t, key, good) }, 2, 2},
		{"no key", func() { _ = os.Remove(key) }, 2, 3},
		{"a third one", func() { certificate(t, dir, 3) }, 3, 3},
		{"a key that others can read", func() { certificate(t, dir, 4); _ = os.Chmod(key, 0o640) }, 3, 4},
		{"a second look at that", func() {}, 3, 4},
		{"the same, made private", func() { _ = os.Chmod(key, 0o600) }, 4, 4},
	} {
		tt.change()
		now = now.Add(certCheckEvery)
		if got := serial(); got != tt.want || strings.Count(log.String(), "level=ERROR") != tt.errors {
			t.Errorf("%s: certificate %d, want %d, the log: %s", tt.name, got, tt.want, &log)
		}
	}
	certificate(t, dir, 5)
	if got := serial(); got != 4 {
		t.Errorf("within the second that was looked at: certificate %d", got)
	}

	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	code := run(t.Context(), []string{"--addr", "127.0.0.1:0", "--store", "sqlite:" + dir + "/notes.db", "--tls-cert", cert, "--tls-key", key}, &out, &out, none)
	if code != 1 || !strings.Contains(out.String(), "hint: chmod 600 "+key) {
		t.Errorf("a key that others can read: exit code %d: %s", code, out.String())
	}
}

// TestCertificateHasExpired wants a word when a certificate is taken that nobody
// accepts.
func TestCertificateHasExpired(t *testing.T) {
	t.Parallel()
	cert, key, _ := certificate(t, t.TempDir(), 1)
	for after, want := range map[time.Duration]string{
		0:             "level=INFO msg=certificate names=[notes.example.org]",
		2 * time.Hour: `level=WARN msg="the certificate has expired" names=[notes.example.org]`,
	} {
		var log bytes.Buffer
		now := time.Now().Add(after)
		if _, err := openCertFiles(cert, key, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now }); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), want) {
			t.Errorf("after %s: %s", after, &log)
		}
	}
}

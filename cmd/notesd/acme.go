package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

const (
	acmeTimeout   = 30 * time.Second // of one request to the authority
	complainEvery = time.Minute      // about certificates that are not had
)

// domain is a name with at least one dot, no wildcard, and no port.
var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$`)

func (c *config) domains() []string { return split(strings.ToLower(c.tlsDomain)) }

// certCache is the folder certs beside the SQLite file, or else beside where that
// would be.
func certCache(store string, getenv func(string) string) string {
	for _, url := range []string{store, defaultStore(getenv)} {
		if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
			return filepath.Join(filepath.Dir(path), "certs")
		}
	}
	return ""
}

// acmeCerts are the certificates of --tls-domain. They are got from an authority
// that sees by a question to this server that the names lead here, renewed when a
// third of their time is left, and kept in a folder.
type acmeCerts struct {
	*autocert.Manager
	domains []string
	log     *slog.Logger
	now     func() time.Time

	mu         sync.Mutex
	complained time.Time // when the log last had a complaint
}

func newACME(c config, log *slog.Logger, now func() time.Time) (*acmeCerts, error) {
	web := &http.Client{Timeout: acmeTimeout}
	if c.acmeCA != "" {
		roots, err := readRoots(c.acmeCA)
		if err != nil {
			return nil, err
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		web.Transport = transport
	}
	if err := os.MkdirAll(c.tlsCache, 0o700); err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	if err := private("folder of certificates", c.tlsCache, "700"); err != nil {
		return nil, err
	}
	allowed := autocert.HostWhitelist(c.domains()...)
	a := &acmeCerts{domains: c.domains(), log: log, now: now}
	a.Manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS,
		Cache:  autocert.DirCache(c.tlsCache),
		Client: &acme.Client{DirectoryURL: c.acmeURL, UserAgent: "notesd", HTTPClient: web},
		HostPolicy: func(ctx context.Context, host string) error {
			return allowed(ctx, hostName(host)) // the question by HTTP has the port with it
		},
	}
	return a, nil
}

func readRoots(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--acme-ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--acme-ca: %s holds no certificate in PEM", path)
	}
	return roots, nil
}

func (a *acmeCerts) config() *tls.Config {
	return &tls.Config{GetCertificate: a.get, NextProtos: []string{"http/1.1", acme.ALPNProto}, MinVersion: tls.VersionTLS12}
}

// get complains, once a minute, when there is no certificate for one of our own
// names. What other names strangers ask for is their affair.
func (a *acmeCerts) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert, err := a.GetCertificate(hello)
	if err == nil || a.HostPolicy(context.Background(), hello.ServerName) != nil {
		return cert, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); now.Sub(a.complained) >= complainEvery {
		a.complained = now
		a.log.Error("no certificate", "domain", hello.ServerName, "error", err,
			"hint", "the authority must reach this server by that name on port 443, or on port 80 with --http-addr")
	}
	return nil, err
}

// fetch gets the certificates before anybody asks, so that nobody waits for them
// and the log says early what is wrong.
func (a *acmeCerts) fetch() {
	for _, name := range a.domains {
		cert, err := a.get(&tls.ClientHelloInfo{
			ServerName:   name,
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, // what makes it an ECDSA one
		})
		if err == nil {
			a.log.Info("certificate", "names", cert.Leaf.DNSNames, "valid_until", cert.Leaf.NotAfter)
		}
	}
}

package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// certCheckEvery is how often the files of the certificate are looked at, at
// most: it is done when somebody comes.
const certCheckEvery = time.Second

// secure reports whether this server speaks TLS itself.
func (c *config) secure() bool { return c.tlsCert != "" || c.tlsDomain != "" }

func (c *config) scheme() string {
	if c.secure() {
		return "https"
	}
	return "http"
}

func (c *config) validateTLS() error {
	switch {
	case (c.tlsCert == "") != (c.tlsKey == ""):
		return usageError{errors.New("--tls-cert and --tls-key are the two halves of one thing: give both, or neither")}
	case c.tlsCert != "" && c.tlsDomain != "":
		return usageError{errors.New("--tls-cert has a certificate, and --tls-domain gets one: give one of them")}
	case c.secure() && strings.HasPrefix(c.publicURL, "http://"):
		return usageError{fmt.Errorf("--public-url %s is not what people type to reach a server with TLS", c.publicURL)}
	case c.tlsDomain != "" && c.tlsCache == "":
		return usageError{errors.New("there is no home folder to keep the certificates in: say --tls-cache DIR")}
	case c.tlsDomain != "" && !isHTTPS(c.acmeURL):
		return usageError{fmt.Errorf("--acme-directory is a URL that begins with https://, not %q", redact(c.acmeURL))}
	case c.httpAddr != "" && c.tlsDomain == "" && (c.tlsCert == "" || c.publicURL == ""):
		return usageError{errors.New("--http-addr leads to the names of --tls-domain, or with --tls-cert to --public-url: say which")}
	}
	for _, name := range c.domains() {
		if !domain.MatchString(name) {
			return usageError{fmt.Errorf("--tls-domain: %q is not a name that a certificate can be had for", name)}
		}
	}
	if c.httpAddr == "" {
		return nil
	}
	_, err := hostOf("http-addr", c.httpAddr)
	return err
}

func isHTTPS(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// openTLS returns how this server speaks TLS, or nil when it does not. The
// certificates of --tls-domain are got once it listens.
func openTLS(c config, log *slog.Logger) (*tls.Config, *acmeCerts, error) {
	now := time.Now
	switch {
	case c.tlsDomain != "":
		certs, err := newACME(c, log, now)
		if err != nil {
			return nil, nil, err
		}
		return certs.config(), certs, nil
	case c.tlsCert != "":
		certs, err := openCertFiles(c.tlsCert, c.tlsKey, log, now)
		if err != nil {
			return nil, nil, err
		}
		return &tls.Config{GetCertificate: certs.get, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}, nil, nil
	}
	return nil, nil, nil
}

// proxies returns the networks of --trusted-proxy, in which an address stands
// for itself.
func (c *config) proxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, item := range split(c.trustedProxy) {
		network, err := netip.ParsePrefix(item)
		if err != nil {
			var ip netip.Addr
			ip, err = netip.ParseAddr(item)
			network = netip.PrefixFrom(ip, ip.BitLen())
		}
		if err != nil || network.Addr().Is4In6() || network.Addr().Zone() != "" {
			return nil, usageError{fmt.Errorf("--trusted-proxy: %q is neither an address nor a network as 10.0.0.0/8", item)}
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

// split cuts a list at its commas.
func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// private refuses a file or folder of keys that others can look into.
func private(what, path, mode string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if info.IsDir() && mode == "600" {
		return fmt.Errorf("%s %s is a directory", what, path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return &hintError{fmt.Errorf("%s %s can be read by others", what, path), "chmod " + mode + " " + path}
	}
	return nil
}

// certFiles is a certificate and its key in two files, which may be replaced
// while the server runs.
type certFiles struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	seen    seenFiles
	checked time.Time
}

// seenFiles is how the files were when they were last read.
type seenFiles struct {
	cert, key []byte
	private   bool // others cannot read the key
}

func openCertFiles(cert, key string, log *slog.Logger, now func() time.Time) (*certFiles, error) {
	f := &certFiles{cert: cert, key: key, log: log, now: now}
	return f, f.read()
}

// get is for tls.Config.GetCertificate. It takes what is in the files when that
// has changed. Two that do not belong together, because one is not yet written,
// or are broken, or not private, are told once; meanwhile the old ones are in use.
func (f *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if age := now.Sub(f.checked); age >= 0 && age < certCheckEvery {
		return f.current, nil
	}
	f.checked = now
	if err := f.read(); err != nil {
		f.log.Error("certificate not taken, the old one stays in use", "error", err)
	}
	return f.current, nil
}

// read compares contents: times and sizes can be the same, and whole folders of
// links be exchanged.
func (f *certFiles) read() error {
	cert, certErr := os.ReadFile(f.cert)
	key, keyErr := os.ReadFile(f.key)
	open := private("key file", f.key, "600")
	if f.current != nil && bytes.Equal(cert, f.seen.cert) && bytes.Equal(key, f.seen.key) && f.seen.private == (open == nil) {
		return nil
	}
	f.seen = seenFiles{cert, key, open == nil}
	if err := errors.Join(certErr, keyErr); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if open != nil {
		return open
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	f.current = &pair
	about := []any{"names", pair.Leaf.DNSNames, "valid_until", pair.Leaf.NotAfter}
	if f.now().After(pair.Leaf.NotAfter) {
		f.log.Warn("the certificate has expired", about...)
		return nil
	}
	f.log.Info("certificate", about...)
	return nil
}

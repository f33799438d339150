package main

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of --http-addr, where strangers come.
const (
	httpTimeout   = 5 * time.Second
	httpMaxHeader = 16 << 10
)

// serveHTTP answers on --http-addr, if there is one, until stop is called: the
// authority's questions, and all else by a redirect to where TLS is spoken.
func serveHTTP(ctx context.Context, c config, certs *acmeCerts, tlsAddr net.Addr, log *slog.Logger) (stop func(), err error) {
	handler := redirect(c.origins(tlsAddr))
	if certs != nil && c.httpAddr != "" {
		handler = certs.HTTPHandler(handler)
	}
	return serveBeside(ctx, "http", c.httpAddr, &http.Server{
		Handler:        handler,
		ReadTimeout:    httpTimeout,
		WriteTimeout:   httpTimeout,
		IdleTimeout:    httpTimeout,
		MaxHeaderBytes: httpMaxHeader,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what strangers send
	}, log)
}

// origins are the names that --http-addr sends on, and where to.
func (c *config) origins(tlsAddr net.Addr) map[string]string {
	_, port, _ := net.SplitHostPort(tlsAddr.String())
	suffix := ":" + port
	if port == "443" {
		suffix = ""
	}
	to := map[string]string{}
	for _, name := range c.domains() {
		to[name] = "https://" + name + suffix
	}
	if u, err := url.Parse(c.publicURL); err == nil && u.Host != "" {
		to[strings.ToLower(u.Hostname())] = u.Scheme + "://" + u.Host
	}
	return to
}

// redirect sends on what comes over plain HTTP, but for our own names alone: who
// makes up another is not led there by us.
func redirect(origins map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		origin, ours := origins[hostName(r.Host)]
		if !ours {
			http.Error(w, "nothing is served here under this name", http.StatusMisdirectedRequest)
			return
		}
		path := r.URL.RequestURI()
		if !strings.HasPrefix(path, "/") { // OPTIONS *
			path = "/"
		}
		w.Header().Set("Location", origin+path)
		w.WriteHeader(http.StatusPermanentRedirect)
	})
}

// hostName is a host as people may type it, in its one form and without the port.
func hostName(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return strings.ToLower(strings.TrimSuffix(cmp.Or(name, host), "."))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"
)

// Time limits of the admin address, against a scraper that hangs.
const (
	adminReadTimeout  = 5 * time.Second
	adminWriteTimeout = 30 * time.Second
	adminIdleTimeout  = 2 * time.Minute // more than the interval of most scrapers
	adminMaxHeader    = 16 << 10
)

// Limits of every address but the main one.
const (
	stopTimeout    = 500 * time.Millisecond
	maxConnsBeside = 256 // more wait in the system's queue
)

// validateAdmin keeps the admin address on this machine. It asks for no login and
// speaks plain HTTP: what it tells is nobody's secret, but is not for strangers.
func (c *config) validateAdmin() error {
	if c.adminAddr == "" {
		return nil
	}
	host, err := hostOf("admin-addr", c.adminAddr)
	if err != nil {
		return err
	}
	if c.adminAddr == c.addr && !strings.HasSuffix(c.addr, ":0") { // of which each is another
		return usageError{fmt.Errorf("--admin-addr and --addr are both %s: give each an address of its own", c.addr)}
	}
	if !isLoopback(host) && !c.insecureHTTP {
		return usageError{&hintError{
			error: fmt.Errorf("--admin-addr %s can be reached from other machines, and asks nobody who they are", c.adminAddr),
			hint:  "listen on 127.0.0.1 and let your own proxy lead there, or say --insecure-http on a network of your own",
		}}
	}
	return nil
}

// serveAdmin answers on the admin address, if there is one, until stop is called.
func serveAdmin(ctx context.Context, addr string, handler http.Handler, log *slog.Logger) (stop func(), err error) {
	return serveBeside(ctx, "admin", addr, &http.Server{
		Handler:        handler,
		ReadTimeout:    adminReadTimeout,
		WriteTimeout:   adminWriteTimeout,
		IdleTimeout:    adminIdleTimeout,
		MaxHeaderBytes: adminMaxHeader,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}, log)
}

// serveBeside answers on an address of its own, if there is one, until stop is
// called.
func serveBeside(ctx context.Context, name, addr string, s *http.Server, log *slog.Logger) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &hintError{err, "another program may use this address; choose one with --" + name + "-addr"}
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := s.Serve(netutil.LimitListener(ln, maxConnsBeside)); !errors.Is(err, http.ErrServerClosed) {
			log.Error(name+" address", "error", err)
		}
	}()
	log.Info(name+" address", "url", "http://"+ln.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if s.Shutdown(ctx) != nil {
			_ = s.Close() // somebody is still reading
		}
		<-served
	}, nil
}

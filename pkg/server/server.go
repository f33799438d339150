// Package server is the HTTP side of notesd: a Fiber application over a
// [store.Store]. Read [Server.routes] first: it is the table of contents. Then
// note.go, which shows what a handler looks like, and errors.go, the one place
// where errors become answers.
//
// The server keeps no state of its own but caches, so any number of them may
// work on one store.
package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// Config is what a server needs. Only Store is required.
type Config struct {
	Store store.Store
	Web   fs.FS  // the built dashboard; nil: none is served
	Key   []byte // the signing key, 32 bytes at least; nil: made once and kept in the store

	Signup    bool   // strangers may make accounts
	Classic   bool   // the tutorial's API is there too, whose tokens travel in URLs
	PublicURL string // the origin people type, as "https://notes.example.org"; empty: what the connection says

	TLS            *tls.Config    // nil: plain HTTP
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed

	AccountLimit Limit // wrong passwords per account; zero: 10 in 15 minutes
	NetworkLimit Limit // wrong passwords per network; zero: 100 in an hour
	SignupLimit  Limit // new accounts per network; zero: 20 in an hour
	MaxNotes     int   // of a user, those in the trash too, one more is answered 422; zero: a million

	ReadTimeout        time.Duration // of a handshake, and of a whole request; zero: 15 s
	WriteTimeout       time.Duration // of a whole answer; zero: 30 s, which is 4 MiB at a slow 150 KB/s
	IdleTimeout        time.Duration // until the next request; zero: 60 s
	MaxConns           int           // at a time, one more is answered 503; zero: 4096
	MaxConnsPerAddress int           // or per /64 of IPv6, one more is closed; zero: 1024

	Version string           // of the program
	Log     *slog.Logger     // nil: no log
	Now     func() time.Time // nil: time.Now
}

// Limits that nobody needs to set.
const (
	requestTimeout  = 10 * time.Second        // of a handler; a store's own limit is 5 s
	shutdownTimeout = 9 * time.Second         // of Serve after its context ended
	choreTimeout    = 9500 * time.Millisecond // of what goes on behind the answers, likewise
	maxHeader       = 16 << 10                // bytes of request line and headers; also the longest cursor
)

// Server answers the HTTP API and the dashboard.
type Server struct {
	app       *fiber.App
	store     store.Store
	log       *slog.Logger
	now       func() time.Time
	config    Config
	origin    string // of PublicURL, or empty
	port      string // that Serve listens on
	keys      *keyHolder
	tokens    *verifier
	passwords *hasher
	throttle  *throttle
	quota     *quota
	trash     *trashClock
	live      *sessionCache
	lists     *pageCache
	pages     *pages
	metrics   *metrics
	conns     *conns

	base   context.Context // what handlers run under: outlives Serve's context until the last answer
	cancel context.CancelFunc
	chores sync.WaitGroup // what goes on behind an answer, and the sweeper

	streams    context.Context // what answers that go on and on run under: ends when Serve's does
	endStreams context.CancelFunc
	exports    streamCount
	hub        *hub

	running atomic.Int64 // handlers under way
}

// New prepares a server. It asks the store for the signing key, and makes one
// where there is none.
func New(ctx context.Context, config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	origin, err := Origin(config.PublicURL)
	if err != nil {
		return nil, err
	}
	metrics, bare := newMetrics(config.Version), config.Store
	config.Store = &measured{store: bare, metrics: metrics, now: config.Now}
	hub := newHub(config)
	config.Store = noticed{config.Store, hub}
	keys, err := newKeyHolder(ctx, config)
	if err != nil {
		return nil, err
	}
	trash, err := openTrashClock(ctx, config.Store)
	if err != nil {
		return nil, err
	}
	pages, err := loadPages(config.Web)
	if err != nil {
		return nil, err
	}
	s := &Server{
		store:     config.Store,
		log:       config.Log,
		now:       config.Now,
		config:    config,
		origin:    origin,
		keys:      keys,
		tokens:    newVerifier(keys, issuerOf(origin), config.Now),
		passwords: newHasher(),
		throttle:  newThrottle(config, keys),
		quota:     newQuota(config),
		trash:     trash,
		live:      newSessionCache(config.Store, config.Now),
		lists:     newPageCache(bare, config.Now),
		pages:     pages,
		metrics:   metrics,
		hub:       hub,
	}
	s.base, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.streams, s.endStreams = context.WithCancel(s.base)
	s.app = newApp(config, s.fail)
	s.conns = newConns(s)
	s.metrics.watch(s)
	s.routes()
	s.guardWire()
	return s, nil
}

// newApp is a Fiber application with our limits: its own defaults are none.
// Whoever sends a byte now and then has the read time-out for all of a request.
func newApp(c Config, fail fiber.ErrorHandler) *fiber.App {
	return fiber.New(fiber.Config{
		Immutable:                    true, // strings of a request would otherwise change after its handler returned
		CaseSensitive:                true,
		StrictRouting:                true,
		DisableStartupMessage:        true,
		DisablePreParseMultipartForm: true,
		EnableTrustedProxyCheck:      true,
		BodyLimit:                    api.MaxRequest,
		ReadBufferSize:               maxHeader,
		Concurrency:                  cmp.Or(c.MaxConns, 4096),
		ReadTimeout:                  cmp.Or(c.ReadTimeout, 15*time.Second),
		WriteTimeout:                 cmp.Or(c.WriteTimeout, 30*time.Second),
		IdleTimeout:                  cmp.Or(c.IdleTimeout, 60*time.Second),
		ErrorHandler:                 fail,
	})
}

// routes is every path there is. noQuery refuses query parameters; person,
// token, write, read and create want a live session; all others are public.
func (s *Server) routes() {
	// Who may: a login, or a personal access token of these scopes.
	person := s.allow()
	token := s.allow(api.ScopeWrite, api.ScopeRead, api.ScopeCreate)
	write := s.allow(api.ScopeWrite)
	read := s.allow(api.ScopeWrite, api.ScopeRead)
	create := s.allow(api.ScopeWrite, api.ScopeCreate)

	s.app.Use(s.identify, s.measure, s.logAccess, s.recover, s.secure, s.limitTime)

	s.app.Get("/livez", noQuery, s.livez)
	s.app.Get("/readyz", noQuery, s.readyz)

	v1 := s.app.Group(api.Prefix)
	v1.Get("/version", noQuery, s.version)
	v1.Get("/openapi.yaml", noQuery, s.openAPI)

	v1.Post("/users", noQuery, s.createUser)
	v1.Get("/me", noQuery, token, s.me)
	v1.Patch("/me", noQuery, person, s.changePassword)
	v1.Delete("/me", noQuery, person, s.deleteUser)

	v1.Post("/sessions", noQuery, s.createSession)
	v1.Post("/sessions/refresh", noQuery, s.refreshSession)
	v1.Get("/sessions", noQuery, person, s.listSessions)
	v1.Delete("/sessions", noQuery, person, s.deleteOtherSessions)
	v1.Delete("/sessions/:id", noQuery, person, s.deleteSession)
	v1.Post("/tokens", noQuery, person, s.createToken)

	v1.Post("/notes", noQuery, create, s.createNote)
	v1.Get("/notes", read, s.listNotes)
	v1.Delete("/notes", write, s.emptyTrash)
	v1.Get("/notes/:id", noQuery, read, s.note)
	v1.Patch("/notes/:id", noQuery, write, s.updateNote)
	v1.Delete("/notes/:id", write, s.deleteNote)
	v1.Post("/notes/:id/append", noQuery, write, s.appendNote)
	v1.Post("/notes/:id/restore", noQuery, write, s.restoreNote)
	v1.Get("/notes/:id/revisions", noQuery, read, s.listRevisions)
	v1.Get("/notes/:id/revisions/:revision", noQuery, read, s.revision)
	v1.Post("/notes/:id/revert", noQuery, write, s.revertNote)
	v1.Get("/operations", noQuery, read, s.listOperations)
	v1.Post("/operations/:id/undo", write, s.undoOperation)
	v1.Get("/tags", noQuery, read, s.listTags)
	v1.Patch("/tags/:tag", noQuery, write, s.renameTag)
	v1.Get("/changes", read, s.changes)
	v1.Get("/export", read, s.export)
	v1.Post("/import", write, s.importNotes)

	s.classicRoutes()
	s.app.Get("/logout", noQuery, s.logout)
	s.servePages()
}

// Serve answers on ln, over TLS when that is configured, until ctx ends, and in
// the meantime keeps the store tidy. Then it takes no new connection, finishes
// what is running within 9 seconds, and returns nil. A server serves once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer s.cancel()
	defer s.chores.Wait()
	defer ln.Close()
	_, s.port, _ = net.SplitHostPort(ln.Addr().String()) // a Unix socket has none
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.chores.Go(func() { s.sweep(ctx) })
	s.chores.Go(func() { s.watchKeys(ctx) })
	s.chores.Go(func() { s.hub.poll(ctx) })
	failed := make(chan error, 1)
	go func() { failed <- s.app.Listener(s.conns.listen(ln)) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.endStreams()
	time.AfterFunc(choreTimeout, s.cancel)
	err := s.app.ShutdownWithTimeout(shutdownTimeout)
	if errors.Is(err, context.DeadlineExceeded) {
		running := s.running.Load()
		s.cancel() // no more answers, so nothing goes on behind them
		if running == 0 {
			return nil // somebody has begun a request and not sent it
		}
		return fmt.Errorf("server: requests still running %s after the stop", shutdownTimeout)
	}
	return err
}

// Origin returns scheme and host of a public URL, as an Origin header has it, or
// nothing when there is none. An error says what is wrong with it.
func Origin(publicURL string) (string, error) {
	if publicURL == "" {
		return "", nil
	}
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("the public URL is not of the form https://host or http://host:port") // and may hold a password
	}
	return u.Scheme + "://" + u.Host, nil
}

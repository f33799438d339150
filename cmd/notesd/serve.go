package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"

	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/sqlite"
	"github.com/notesd/notesd/pkg/version"
	"github.com/notesd/notesd/web"
)

// serve opens the store and answers until ctx ends.
func serve(ctx context.Context, c config, errOut io.Writer) (err error) {
	log := newLog(c, errOut)
	if !c.newStore {
		if err := c.memory.wantStore(c.store); err != nil {
			return err
		}
	}
	key, err := readKey(c.keyFile)
	if err != nil {
		return err
	}
	tlsConfig, certs, err := openTLS(c, log)
	if err != nil {
		return err
	}
	proxies, err := c.proxies()
	if err != nil {
		return err
	}
	st, err := openStore(ctx, c.store, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()

	s, err := server.New(ctx, server.Config{
		Store:              st,
		Web:                web.FS(),
		Key:                key,
		Signup:             c.signup == "open",
		Classic:            c.classic,
		PublicURL:          c.publicURL,
		TLS:                tlsConfig,
		TrustedProxies:     proxies,
		MaxConnsPerAddress: c.maxConns,
		MaxNotes:           c.maxNotes,
		Version:            version.Version(),
		Log:                log,
	})
	if err != nil {
		return err
	}
	return listen(ctx, c, s, certs, log)
}

// listen answers on all addresses until ctx ends.
func listen(ctx context.Context, c config, s *server.Server, certs *acmeCerts, log *slog.Logger) error {
	stopAdmin, err := serveAdmin(ctx, c.adminAddr, s.Admin(), log)
	if err != nil {
		return err
	}
	defer stopAdmin()
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", c.addr)
	if err != nil {
		return &hintError{err, "another program may use this address; choose one with --addr"}
	}
	stopHTTP, err := serveHTTP(ctx, c, certs, ln.Addr(), log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer stopHTTP()
	if certs != nil {
		go certs.fetch()
	}
	if err := c.memory.add(c.store); err != nil {
		log.Warn("this store will not be missed should it be gone at a later start", "error", err)
	}
	log.Info("listening", "url", c.scheme()+"://"+ln.Addr().String(), "store", redact(c.store), "signup", c.signup, "version", version.Version())
	if err := s.Serve(ctx, ln); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// openStore opens the engine that the URL names. A SQLite file is locked: two
// servers on one would each believe their caches.
func openStore(ctx context.Context, url string, log *slog.Logger) (store.Store, error) {
	engine, path, err := splitStore(url)
	if err != nil {
		return nil, err
	}
	if engine == engineMongo {
		return mongo.Open(ctx, url)
	}
	return openSQLite(ctx, path, log)
}

// lockedStore keeps the lock of a SQLite file as long as the store is open.
type lockedStore struct {
	*sqlite.Store
	unlock func() error
}

func (s lockedStore) Close() error { return errors.Join(s.Store.Close(), s.unlock()) }

func openSQLite(ctx context.Context, path string, log *slog.Logger) (store.Store, error) {
	unlock, err := sqlite.Lock(path)
	if err != nil {
		return nil, err
	}
	st, err := sqlite.OpenExisting(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		st, err = sqlite.Open(ctx, path)
	}
	if older, ok := errors.AsType[*sqlite.OlderError](err); ok {
		st, err = bringUpToDate(ctx, path, older.Notes, log)
	}
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return lockedStore{st, unlock}, nil
}

// bringUpToDate opens an older store. That takes minutes where there are a
// million notes, and a server that says nothing meanwhile looks stuck.
func bringUpToDate(ctx context.Context, path string, notes int, log *slog.Logger) (*sqlite.Store, error) {
	log.Info("the store is of an older version and is brought up to date, which can take minutes", "store", path, "notes", notes)
	st, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	log.Info("the store was brought up to date", "backup", st.MigrationBackup())
	return st, nil
}

func newLog(c config, w io.Writer) *slog.Logger {
	level, _ := c.level() // checked before
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: utc}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// utc writes the time of a log line in UTC, and durations so that people can
// read them.
func utc(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindTime:
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	case slog.KindDuration:
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

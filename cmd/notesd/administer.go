package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/pflag"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

// registerStore gives a command that works beside the server the one setting it
// needs.
func (c *config) registerStore(flags *pflag.FlagSet, getenv func(string) string) {
	c.registerOnly(flags, getenv, "store")
}

// completeStore is [config.complete] for such a command.
func (c *config) completeStore(flags *pflag.FlagSet, getenv func(string) string) error {
	if err := fromEnvironment(flags, getenv); err != nil {
		return err
	}
	return c.validateStore()
}

// openAdmin opens the store for such a command. It takes no lock, makes no store
// where there is none, and changes no schema, under which a server may be
// running.
func openAdmin(ctx context.Context, c config) (store.Store, error) {
	engine, rest, err := splitStore(c.store)
	if err != nil {
		return nil, err
	}
	if engine == engineMongo {
		s, err := mongo.OpenExisting(ctx, c.store)
		switch {
		case errors.Is(err, api.ErrNotFound):
			return nil, &hintError{fmt.Errorf("there is no store in %s", redact(c.store)), hintNoStore}
		case err != nil:
			return nil, err
		}
		return s, nil
	}
	s, err := sqlite.OpenExisting(ctx, rest)
	_, older := errors.AsType[*sqlite.OlderError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &hintError{fmt.Errorf("there is no store at %s", rest), hintNoStore}
	case older:
		return nil, &hintError{err, "stop the server and start this version of notesd once: it brings the store up to date"}
	case errors.Is(err, sqlite.ErrDamaged):
		return nil, &hintError{err, "keep a copy of the file, and put a backup in its place with notesd restore"}
	case err != nil:
		return nil, err
	}
	return s, nil
}

const hintNoStore = "--store, or NOTESD_STORE, must be what the server is started with"

// The engines there are.
const (
	engineSQLite = "sqlite"
	engineMongo  = "mongodb"
)

// splitStore returns the engine of a store's URL, and the path for SQLite.
func splitStore(url string) (engine, path string, err error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return "", "", usageError{errors.New("--store sqlite: needs a path")}
		}
		return engineSQLite, rest, nil
	case "mongodb", "mongodb+srv":
		return engineMongo, "", nil
	}
	return "", "", usageError{fmt.Errorf("--store is sqlite:PATH or mongodb://…, not %q", redact(url))}
}

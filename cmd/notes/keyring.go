package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/notesd/notesd/pkg/client"
)

const (
	keyringService = "notes"
	// keyringTimeout is how long a keyring may take. One that waits for somebody
	// to unlock it at a screen that nobody sees never answers.
	keyringTimeout = 3 * time.Second
)

// errNoTokens says that a vault does not hold the tokens of a login.
var errNoTokens = errors.New("no tokens")

// vault keeps the tokens of logins. Its callers hold the lock when they write.
type vault interface {
	get(ctx context.Context, key string) (client.Tokens, error) // errNoTokens: none
	set(ctx context.Context, key string, t client.Tokens) error
	remove(ctx context.Context, key string) error // an absent one is no error
}

// keyringVault is the operating system's keyring.
type keyringVault struct{ getenv func(string) string }

// keyringError is a keyring that is missing, locked or broken.
type keyringError struct{ err error }

func (e *keyringError) Error() string { return "the keyring: " + e.err.Error() }
func (e *keyringError) Unwrap() error { return e.err }

func (k keyringVault) get(ctx context.Context, key string) (client.Tokens, error) {
	var t client.Tokens
	item, err := askKeyring(ctx, k, func() (string, error) { return keyring.Get(keyringService, key) })
	if errors.Is(err, keyring.ErrNotFound) {
		return t, errNoTokens
	}
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(item), &t); err != nil {
		return t, &keyringError{errors.New("it holds something else under the name of this login")}
	}
	return t, nil
}

func (k keyringVault) set(ctx context.Context, key string, t client.Tokens) error {
	item, err := json.Marshal(t) //nolint:gosec // for the keyring
	if err != nil {
		return err
	}
	_, err = askKeyring(ctx, k, func() (struct{}, error) {
		return struct{}{}, keyring.Set(keyringService, key, string(item))
	})
	return err
}

func (k keyringVault) remove(ctx context.Context, key string) error {
	_, err := askKeyring(ctx, k, func() (struct{}, error) {
		return struct{}{}, keyring.Delete(keyringService, key)
	})
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// askKeyring gives the keyring its time and no more. The request it leaves
// behind ends with the program.
func askKeyring[T any](ctx context.Context, k keyringVault, f func() (T, error)) (T, error) {
	late := fmt.Errorf("no answer within %s", keyringTimeout)
	own, cancel := context.WithTimeoutCause(ctx, keyringTimeout, late)
	defer cancel()
	var v T
	err := k.reachable()
	if err == nil {
		v, err = await(own, f)
	}
	if err == nil || errors.Is(err, keyring.ErrNotFound) || ctx.Err() != nil {
		return v, err
	}
	return v, withHint(&keyringError{err},
		"unlock it and try again, or keep the login in a file that only you can read: notes login --insecure-storage")
}

// reachable says when there is no D-Bus session to ask, as on a server. The
// library would start one, and a keyring that nobody can unlock, for each
// command anew, and they would stay.
func (k keyringVault) reachable() error {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return nil
	}
	if address := k.getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && address != "autolaunch:" {
		return nil
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/%s", os.Getuid(), name)); err == nil {
			return nil
		}
	}
	return errors.New("there is none: no D-Bus session runs here")
}

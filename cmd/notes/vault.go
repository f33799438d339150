package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/notesd/notesd/pkg/client"
)

// storage says where the tokens of a login are kept. It is chosen at the login
// and never changes by itself.
type storage string

const (
	inKeyring storage = "keyring"
	inFile    storage = "file" // --insecure-storage
)

// tokensFile is the file of inFile.
const tokensFile = "tokens.json"

func (a *app) vault(s storage) (vault, error) {
	switch s {
	case inKeyring:
		return keyringVault{a.getenv}, nil
	case inFile:
		dir, err := a.configDir()
		return fileVault{filepath.Join(dir, tokensFile)}, err
	}
	return nil, fmt.Errorf("the configuration names the unknown storage %q", s)
}

// key names the login in its vault.
func (acc account) key() string { return acc.user + "@" + acc.server }

// savedLogin is a login that all commands on this machine share.
type savedLogin struct {
	a   *app
	acc account
}

func (l savedLogin) Load(ctx context.Context) (client.Tokens, error) {
	v, err := l.a.vault(l.acc.storage)
	if err != nil {
		return client.Tokens{}, err
	}
	t, err := v.get(ctx, l.acc.key())
	if errors.Is(err, errNoTokens) {
		return t, notLoggedIn(l.acc.server, l.acc.user)
	}
	return t, err
}

// Update keeps the lock all along, so that of two commands at once the second
// finds the tokens of the first.
func (l savedLogin) Update(ctx context.Context, refresh func(client.Tokens) (client.Tokens, error)) (client.Tokens, error) {
	unlock, err := l.a.lock(ctx)
	if err != nil {
		return client.Tokens{}, err
	}
	defer unlock()
	kept, err := l.Load(ctx)
	if err != nil {
		return client.Tokens{}, err
	}
	t, err := refresh(kept)
	if err != nil || t == kept { // an access token alone may be the same as before
		return t, err
	}
	v, err := l.a.vault(l.acc.storage)
	if err != nil {
		return client.Tokens{}, err
	}
	return t, v.set(ctx, l.acc.key(), t)
}

// fileVault is a file, for machines without a keyring, when the user asks for
// it.
type fileVault struct{ path string }

func (f fileVault) read() (map[string]client.Tokens, error) {
	if info, err := os.Stat(f.path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, withHint(fmt.Errorf("%s, which holds your tokens, can be read by others", f.path), "chmod 600 %s", quoteArg(f.path))
	}
	data, err := readFile(f.path)
	if err != nil {
		return nil, err
	}
	var all map[string]client.Tokens
	if len(data) > 0 {
		if err := json.Unmarshal(data, &all); err != nil {
			return nil, withHint(fmt.Errorf("%s: %w", f.path, err), "delete that file, then log in again")
		}
	}
	if all == nil {
		all = map[string]client.Tokens{}
	}
	return all, nil
}

func (f fileVault) change(change func(map[string]client.Tokens)) error {
	all, err := f.read()
	if err != nil {
		return err
	}
	change(all)
	data, err := json.MarshalIndent(all, "", "  ") //nolint:gosec // the user asked for it
	if err != nil {
		return err
	}
	return writeFile(f.path, append(data, '\n'))
}

func (f fileVault) get(_ context.Context, key string) (client.Tokens, error) {
	all, err := f.read()
	if err != nil {
		return client.Tokens{}, err
	}
	t, ok := all[key]
	if !ok {
		return t, errNoTokens
	}
	return t, nil
}

func (f fileVault) set(_ context.Context, key string, t client.Tokens) error {
	return f.change(func(all map[string]client.Tokens) { all[key] = t })
}

func (f fileVault) remove(_ context.Context, key string) error {
	return f.change(func(all map[string]client.Tokens) { delete(all, key) })
}

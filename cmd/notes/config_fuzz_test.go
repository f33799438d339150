package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// inDir is an app whose configuration is in a folder.
func inDir(dir string) *app {
	env := map[string]string{"NOTES_CONFIG_DIR": dir}
	return &app{lookupenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
}

// FuzzConfigFile puts anything into the configuration's file. It holds that what
// is no configuration is an error that says what to do, and that a login can be
// kept beside whatever else is there, found again, and forgotten.
func FuzzConfigFile(f *testing.F) {
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, file []byte, user string, insecure bool) {
		a := inDir(dir)
		if err := os.WriteFile(filepath.Join(dir, "config.json"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := a.config()
		if err != nil {
			if _, ok := errors.AsType[hinted](err); !ok {
				t.Errorf("%q: %v has no hint", file, err)
			}
			return
		}
		before := c.logins()
		if acc, err := a.account(); err == nil && !slices.Contains(before, acc) && acc.storage != "" {
			t.Errorf("%q: %v is chosen and not there", file, acc)
		}
		if api.ValidateUsername(user) != nil {
			return
		}
		acc := account{server: "https://notes.example", user: user, storage: inKeyring}
		if insecure {
			acc.storage = inFile
		}
		nothing := func() error { return nil }
		if err := a.keepLogin(t.Context(), acc, nothing); err != nil {
			t.Fatal(err)
		}
		if got, err := a.account(); err != nil || got != acc {
			t.Errorf("%q: after a login as %v: %v, %v", file, acc, got, err)
		}
		if err := a.forgetLogin(t.Context(), acc, nothing); err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(before, func(o account) bool { return o.server == acc.server && o.user == acc.user })
		c, err = a.config()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.logins(); !slices.Equal(got, want) {
			t.Errorf("%q: after a login and a logout of %v: %v, want %v", file, acc, got, want)
		}
	})
}

// FuzzTokensFile puts anything into the file of --insecure-storage. It holds that
// what is no such file is an error that says what to do, and that tokens can be
// kept beside whatever else is there, found again, and forgotten.
func FuzzTokensFile(f *testing.F) {
	v := fileVault{filepath.Join(f.TempDir(), tokensFile)}
	f.Fuzz(func(t *testing.T, file []byte, user, access, refresh string) {
		if err := os.WriteFile(v.path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		before, err := v.read()
		if err != nil {
			if _, ok := errors.AsType[hinted](err); !ok {
				t.Errorf("%q: %v has no hint", file, err)
			}
			return
		}
		if api.ValidateUsername(user) != nil || !utf8.ValidString(access) || !utf8.ValidString(refresh) {
			return
		}
		key := account{server: "https://notes.example", user: user}.key()
		want := client.Tokens{Access: access, Refresh: refresh}
		if err := v.set(t.Context(), key, want); err != nil {
			t.Fatal(err)
		}
		if got, err := v.get(t.Context(), key); err != nil || got != want {
			t.Errorf("%q: %#v came back as %#v, %v", file, want, got, err)
		}
		if err := v.remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		delete(before, key)
		if after, err := v.read(); err != nil || !cmp.Equal(before, after) {
			t.Errorf("%q: the others are not what they were: %v", file, err)
		}
	})
}

// FuzzNormalServer holds that a URL that is taken for a server has one form,
// which is taken too and leads to the same place.
func FuzzNormalServer(f *testing.F) {
	f.Fuzz(func(t *testing.T, url string) {
		server, err := checkServer(url)
		if err != nil {
			if codeOf(err) != exitUsage {
				t.Errorf("%q: %v", url, err)
			}
			return
		}
		again, err := checkServer(server)
		if err != nil || again != server {
			t.Errorf("%q has the form %q, and that %q, %v", url, server, again, err)
		}
	})
}

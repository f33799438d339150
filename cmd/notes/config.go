package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// defaultServer is where notesd listens unless told.
const defaultServer = "http://127.0.0.1:7070"

// config is the file config.json: which logins there are on this machine, and the
// user's aliases. The tokens are elsewhere, see vault.
type config struct {
	Server  string                   `json:"server"` // where the last login was
	Servers map[string]*serverConfig `json:"servers"`
	Aliases map[string]string        `json:"aliases,omitempty"`
}

type serverConfig struct {
	User  string             `json:"user"` // who logged in last; empty: logged out
	Users map[string]storage `json:"users"`
}

// account is one login on this machine.
type account struct {
	server, user string
	storage      storage
}

func (a *app) configFile() (string, error) {
	dir, err := a.configDir()
	return filepath.Join(dir, "config.json"), err
}

func (a *app) config() (*config, error) {
	path, err := a.configFile()
	if err != nil {
		return nil, err
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	c := &config{}
	if len(data) > 0 {
		if err := json.Unmarshal(data, c); err != nil {
			return nil, withHint(fmt.Errorf("%s: %w", path, err), "mend or delete that file, then log in again")
		}
	}
	if c.Servers == nil {
		c.Servers = map[string]*serverConfig{}
	}
	maps.DeleteFunc(c.Servers, func(_ string, s *serverConfig) bool { return s == nil }) // null, in a file edited by hand
	return c, nil
}

// changeConfig reads, changes and writes the configuration. The caller holds
// the lock.
func (a *app) changeConfig(change func(*config)) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	change(c)
	path, err := a.configFile()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(data, '\n'))
}

// keepLogin makes a login one of this machine's and the one to use from now on.
func (a *app) keepLogin(ctx context.Context, acc account, save func() error) error {
	unlock, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := save(); err != nil {
		return err
	}
	return a.changeConfig(func(c *config) {
		s := c.Servers[acc.server]
		if s == nil {
			s = &serverConfig{}
			c.Servers[acc.server] = s
		}
		if s.Users == nil {
			s.Users = map[string]storage{}
		}
		c.Server, s.User = acc.server, acc.user
		s.Users[acc.user] = acc.storage
	})
}

// forgetLogin is the inverse of keepLogin.
func (a *app) forgetLogin(ctx context.Context, acc account, remove func() error) error {
	unlock, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := remove(); err != nil {
		return err
	}
	return a.changeConfig(func(c *config) {
		s := c.Servers[acc.server]
		if s == nil {
			return
		}
		delete(s.Users, acc.user)
		if s.User == acc.user {
			s.User = ""
		}
		if len(s.Users) == 0 {
			delete(c.Servers, acc.server)
		}
	})
}

// token is the personal access token of scripts and CI, empty where there is
// none.
func (a *app) token() string { return strings.TrimSpace(a.getenv("NOTES_TOKEN")) }

// serverURL is the chosen server: --server, NOTES_SERVER, the server of the last
// login, or the default.
func (a *app) serverURL() (string, error) {
	if a.server != "" {
		return checkServer(a.server)
	}
	if s := a.getenv("NOTES_SERVER"); s != "" {
		return checkServer(s)
	}
	c, err := a.config()
	if err != nil {
		return "", err
	}
	if c.Server != "" {
		return c.Server, nil
	}
	return defaultServer, nil
}

// checkServer refuses what is no URL before anybody looks for a login there.
// Whether plain http may be is to be seen when it is used.
func checkServer(s string) (string, error) {
	if _, err := client.New(s, client.WithInsecureHTTP()); err != nil {
		return "", usageError{err}
	}
	return normalServer(s), nil
}

// normalServer brings a URL into the form that names the server in the
// configuration. What is no URL stays as it is.
func normalServer(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return s
	}
	u.Host = strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		u.Host = strings.TrimSuffix(u.Host, ":80")
	case "https":
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u.String()
}

// account is the login that the flags and the configuration choose. It is not for
// a script whose token got lost on the way.
func (a *app) account() (account, error) {
	if a.getenv("NOTES_TOKEN") != "" && a.token() == "" {
		return account{}, withHint(usagef("NOTES_TOKEN is set, and there is no token in it"), "unset NOTES_TOKEN; without it your login is used")
	}
	server, err := a.serverURL()
	if err != nil {
		return account{}, err
	}
	c, err := a.config()
	if err != nil {
		return account{}, err
	}
	s := c.Servers[server]
	if s == nil {
		s = &serverConfig{}
	}
	name := s.User
	if a.user != "" {
		name = s.find(a.user)
	}
	if name == "" {
		err := notLoggedIn(server, a.user)
		if users := slices.Sorted(maps.Keys(s.Users)); len(users) > 0 {
			return account{}, withHint(err, "choose one of these with --user: %s", strings.Join(users, ", "))
		}
		return account{}, err
	}
	return account{server, name, s.Users[name]}, nil
}

// find returns the user with this name, in whatever case it was typed.
func (s *serverConfig) find(name string) string {
	for _, n := range slices.Sorted(maps.Keys(s.Users)) {
		if strings.EqualFold(n, name) {
			return n
		}
	}
	return ""
}

func notLoggedIn(server, user string) error {
	as := ""
	if user != "" {
		as = " as " + user
	}
	return &api.Error{Code: api.CodeUnauthorized, Message: fmt.Sprintf("you are not logged in to %s%s", server, as)}
}

// logins lists all logins of this machine.
func (c *config) logins() []account {
	var all []account
	for _, server := range slices.Sorted(maps.Keys(c.Servers)) {
		users := c.Servers[server].Users
		for _, user := range slices.Sorted(maps.Keys(users)) {
			all = append(all, account{server, user, users[user]})
		}
	}
	return all
}

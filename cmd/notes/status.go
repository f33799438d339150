package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
)

// statusRecord is what status tells.
type statusRecord struct {
	Server        string   `json:"server"`
	ServerVersion string   `json:"server_version"`
	API           int      `json:"api"`
	User          string   `json:"user"`
	Storage       storage  `json:"storage"` // where the login is kept
	Others        []string `json:"others"`  // further logins of this machine

	// Of the login or the token.
	Kind      api.Kind  `json:"kind"`
	Scope     api.Scope `json:"scope"`
	ExpiresAt *api.Time `json:"expires_at"`
	token     string    // what a token may do; empty: it is a login
}

var statusFields = []string{"server", "server_version", "api", "user", "storage", "others", "kind", "scope", "expires_at"}

func newStatus(a *app) *cobra.Command {
	var f format
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the server, the user and where the login is kept",
		Long: `Show which server and user the other commands use, where the login is kept, and
whether the server still accepts it: exit code 4 when it does not, 6 when the
server is away. Of a token it shows what it may do, and until when.`,
		Example: `  notes status
  notes status --json user --jq .user`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.status(cmd)
			if f.active() && err == nil {
				return f.write(cmd.Context(), a.printer(), s)
			}
			if !f.active() && s.Server != "" {
				a.printStatus(s)
			}
			return err
		},
	}
	addFormatFlags(cmd, &f, statusFields)
	return cmd
}

// status finds out as much as it can. What it did find stands beside an error.
func (a *app) status(cmd *cobra.Command) (statusRecord, error) {
	ctx := cmd.Context()
	s := statusRecord{Others: []string{}}
	server, err := a.serverURL()
	if err != nil {
		return s, err
	}
	s.Server = server
	c, err := a.config()
	if err != nil {
		return s, err
	}
	acc, notIn := a.account()
	for _, other := range c.logins() {
		if other != acc {
			s.Others = append(s.Others, other.user+" at "+other.server)
		}
	}
	anyone, err := a.connect(server)
	if err != nil {
		return s, err
	}
	v, err := anyone.Version(ctx)
	if err != nil {
		return s, err
	}
	s.ServerVersion, s.API = v.Version, v.API
	if a.token() == "" && notIn != nil {
		return s, notIn
	}
	s.Storage = a.storageOf(acc)
	mine, err := a.client()
	if err != nil {
		return s, err
	}
	me, err := mine.Me(ctx)
	if err != nil {
		return s, err
	}
	s.User, s.Kind, s.Scope, s.ExpiresAt = me.Username, me.Session.Kind, me.Session.Scope, &me.Session.ExpiresAt
	if me.Session.Kind == api.KindToken {
		s.token = fmt.Sprintf("%s %q %s", me.Session.ID, me.Session.Label, tokenText(me.Session))
	}
	return s, nil
}

// tokenStorage is the storage of a login that NOTES_TOKEN holds.
const tokenStorage storage = "NOTES_TOKEN"

func (a *app) storageOf(acc account) storage {
	if a.token() != "" {
		return tokenStorage
	}
	return acc.storage
}

// storageText tells a person from where a login comes.
func (a *app) storageText(s storage) string {
	switch s {
	case inKeyring:
		return "from the keyring"
	case inFile:
		dir, _ := a.configDir()
		return "from the file " + filepath.Join(dir, tokensFile) + ", not the keyring"
	case tokenStorage:
		return "from NOTES_TOKEN"
	}
	return string(s)
}

func (a *app) printStatus(s statusRecord) {
	p := a.printer()
	line := func(name, value string) {
		switch {
		case value == "":
		case p.tty:
			_, _ = fmt.Fprintf(p, "%s %s\n", p.paint(dim, fmt.Sprintf("%-8s", name)), sanitizeLine(value))
		default:
			_, _ = fmt.Fprintf(p, "%s\t%s\n", name, oneLine.Replace(value))
		}
	}
	line("server", s.Server)
	line("version", s.ServerVersion)
	line("user", s.User)
	line("login", a.storageText(s.Storage))
	line("token", s.token)
	for _, other := range s.Others {
		line("also", other)
	}
	if s.API != 0 && s.API != api.Version {
		a.say("this program speaks version %d of the API and the server %d: update the older one", api.Version, s.API)
	}
}

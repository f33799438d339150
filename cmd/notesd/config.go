package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"
	"golang.org/x/crypto/acme"

	"github.com/notesd/notesd/pkg/server"
)

// config is what can be set: a default, which the environment overrides, which
// a flag overrides.
type config struct {
	addr         string
	store        string
	publicURL    string
	signup       string
	keyFile      string
	adminAddr    string
	trustedProxy string
	tlsCert      string
	tlsKey       string
	tlsDomain    string
	tlsCache     string
	acmeURL      string
	acmeCA       string
	httpAddr     string
	maxConns     int
	maxNotes     int
	logFormat    string
	logLevel     string
	insecureHTTP bool
	classic      bool
	printConfig  bool
	newStore     bool
	memory       memory
}

// setting is one row of the table below: a flag whose twin in the environment
// is NOTESD_ and its name in capitals.
type setting struct {
	name, value, usage string
	target             *string
}

func (c *config) settings(getenv func(string) string) []setting {
	return []setting{
		{"addr", "127.0.0.1:7070", "listen on `HOST:PORT`", &c.addr},
		{"store", defaultStore(getenv), "keep everything in `URL`: sqlite:PATH or mongodb://…", &c.store},
		{"public-url", "", "the `URL` that people type, where a proxy stands before this server", &c.publicURL},
		{"trusted-proxy", "", "believe what these proxies say of who asks them: `CIDR[,CIDR]`", &c.trustedProxy},
		{"tls-cert", "", "speak TLS with the certificate in `FILE`, in PEM, the intermediate ones behind it", &c.tlsCert},
		{"tls-key", "", "and its key in `FILE`; both are read again when they change", &c.tlsKey},
		{"tls-domain", "", "speak TLS with a certificate for `NAME[,NAME]` that is got and renewed by itself", &c.tlsDomain},
		{"tls-cache", "", "keep those certificates in `DIR` (default certs beside the SQLite file)", &c.tlsCache},
		{"acme-directory", acme.LetsEncryptURL, "get them from the authority at `URL`, whose terms you accept", &c.acmeURL},
		{"acme-ca", "", "trust the root certificates in `FILE` when talking to it, for one of your own", &c.acmeCA},
		{"http-addr", "", "redirect from http:// to https:// on `HOST:PORT`, and answer the authority there", &c.httpAddr},
		{"signup", "", "who may make an account: `open|closed` (default open on loopback without a proxy, closed elsewhere)", &c.signup},
		{"key-file", "", "sign tokens with the key in `FILE`, 32 bytes or more, instead of one kept in the store", &c.keyFile},
		{"admin-addr", "", "serve /metrics, /livez and /readyz on `HOST:PORT`, for the operator alone (default off)", &c.adminAddr},
		{"log", "text", "log as `text|json`, to standard error", &c.logFormat},
		{"log-level", "info", "log from `debug|info|warn|error` on", &c.logLevel},
	}
}

func (c *config) register(flags *pflag.FlagSet, getenv func(string) string) {
	flags.SortFlags = false
	for _, s := range c.settings(getenv) {
		flags.StringVar(s.target, s.name, s.value, s.usage)
	}
	flags.IntVar(&c.maxConns, "max-conns-per-address", 1024, "close what is over `N` connections of one address, or /64 of IPv6")
	flags.IntVar(&c.maxNotes, "max-notes", 1_000_000, "keep `N` notes of each user at most, those in the trash included")
	flags.BoolVar(&c.insecureHTTP, "insecure-http", false, "let people log in, and the admin address be read, over plain HTTP from other machines")
	flags.BoolVar(&c.classic, "classic", false, "serve the API of the tutorial too, whose tokens travel in URLs")
}

// registerServing adds the flags that have no twin: they are said once.
func (c *config) registerServing(flags *pflag.FlagSet) {
	flags.BoolVar(&c.newStore, "new-store", false, "begin an empty store where one that was served before is gone")
	flags.BoolVar(&c.printConfig, "print-config", false, "print what is in force, and from where, and exit")
}

// registerOnly is register for a command that needs these settings alone.
func (c *config) registerOnly(flags *pflag.FlagSet, getenv func(string) string, names ...string) {
	for _, s := range c.settings(getenv) {
		if slices.Contains(names, s.name) {
			flags.StringVar(s.target, s.name, s.value, s.usage)
		}
	}
}

func envName(flag string) string {
	return "NOTESD_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// complete takes from the environment what no flag has set, and checks it all.
// What the environment sets is not marked as changed: that means a flag.
func (c *config) complete(flags *pflag.FlagSet, getenv func(string) string) error {
	if err := fromEnvironment(flags, getenv); err != nil {
		return err
	}
	if c.tlsDomain != "" {
		c.tlsCache = cmp.Or(c.tlsCache, certCache(c.store, getenv))
	}
	c.memory = memoryOf(getenv)
	return c.validate()
}

func fromEnvironment(flags *pflag.FlagSet, getenv func(string) string) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		value := getenv(envName(f.Name))
		if f.Changed || value == "" || !configurable(f) {
			return
		}
		if setErr := f.Value.Set(value); setErr != nil && err == nil {
			err = wrongType(envName(f.Name), f, value)
		}
	})
	return err
}

// wrongType is the error about a value that a flag, or its twin, cannot take.
func wrongType(name string, f *pflag.Flag, value string) error {
	kind := "a number"
	if f.Value.Type() == "bool" {
		kind = "true or false"
	}
	return usageError{fmt.Errorf("%s is %s, not %q", name, kind, value)}
}

func (c *config) validate() error {
	if err := c.validateStore(); err != nil {
		return err
	}
	host, err := hostOf("addr", c.addr)
	if err != nil {
		return err
	}
	if c.signup == "" {
		c.signup = "closed"
		if isLoopback(host) && c.publicURL == "" && c.trustedProxy == "" { // nobody but who is on this machine
			c.signup = "open"
		}
	}
	if c.signup != "open" && c.signup != "closed" {
		return usageError{fmt.Errorf("--signup is open or closed, not %q", c.signup)}
	}
	if c.logFormat != "text" && c.logFormat != "json" {
		return usageError{fmt.Errorf("--log is text or json, not %q", c.logFormat)}
	}
	if _, err := c.level(); err != nil {
		return usageError{fmt.Errorf("--log-level is debug, info, warn or error, not %q", c.logLevel)}
	}
	if _, err := server.Origin(c.publicURL); err != nil {
		return usageError{err}
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if c.maxNotes < 1 {
		return usageError{fmt.Errorf("--max-notes is 1 or more, not %d", c.maxNotes)}
	}
	if c.maxConns < 1 {
		return usageError{fmt.Errorf("--max-conns-per-address is 1 or more, not %d", c.maxConns)}
	}
	if err := c.validateTLS(); err != nil {
		return err
	}
	if !isLoopback(host) && !c.secure() && !c.insecureHTTP && !strings.HasPrefix(c.publicURL, "https://") {
		return usageError{&hintError{
			error: fmt.Errorf("%s can be reached from other machines, and passwords would travel there in the clear", c.addr),
			hint: "say --tls-domain NAME or --tls-cert and --tls-key; or put a proxy that speaks TLS before it and say " +
				"--public-url https://…; or say --insecure-http",
		}}
	}
	return c.validateAdmin()
}

func (c *config) validateStore() error {
	if c.store == "" {
		return usageError{errors.New("there is no home folder to keep the notes in: say --store sqlite:PATH")}
	}
	return nil
}

// hostOf checks an address that a flag gave.
func hostOf(flag, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil {
		return "", usageError{fmt.Errorf("--%s %q is not of the form HOST:PORT", flag, addr)}
	}
	return host, nil
}

func (c *config) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.logLevel))
	return l, err
}

// print writes what is in force and where that comes from, one line a setting.
// The password of a store's URL is left out.
func (c *config) print(w io.Writer, flags *pflag.FlagSet, getenv func(string) string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	flags.VisitAll(func(f *pflag.Flag) {
		source := "default"
		switch {
		case !configurable(f):
			return
		case f.Changed:
			source = "--" + f.Name
		case getenv(envName(f.Name)) != "":
			source = envName(f.Name)
		}
		fmt.Fprintf(table, "%s\t%s\t(%s)\n", f.Name, redact(f.Value.String()), source)
	})
	return table.Flush()
}

// configurable tells settings from flags that make the program do something else.
func configurable(f *pflag.Flag) bool {
	return f.Name != "help" && f.Name != "version" && f.Name != "print-config" && f.Name != "new-store"
}

// redact hides user name and password of a URL, even of one whose slashes were
// forgotten. A path is told as it is.
func redact(url string) string {
	scheme, rest, ok := strings.Cut(url, ":")
	if !ok || scheme == "sqlite" || strings.Contains(scheme, "/") {
		return url
	}
	slashes := ""
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		slashes, rest = "//", after
	}
	// A password may hold a slash, though it should not: what is before the last
	// @ goes first.
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = "…@" + rest[i+1:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return scheme + ":" + slashes + rest
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// defaultStore is a file where the XDG base directory specification puts data,
// or nothing for a user without a home.
func defaultStore(getenv func(string) string) string {
	dir := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(dir) {
		if getenv("HOME") == "" {
			return ""
		}
		dir = filepath.Join(getenv("HOME"), ".local", "share")
	}
	return "sqlite:" + filepath.Join(dir, "notesd", "notes.db")
}

// minKey is how long a signing key must be.
const minKey = 32

// readKey reads the signing key, which may end in a line break. What looks like
// one and is needed for the length belongs to a key of random bytes.
func readKey(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	if err := private("key file", path, "600"); err != nil {
		return nil, err
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if line := bytes.TrimRight(key, "\r\n"); len(line) >= minKey {
		return line, nil
	}
	return key, nil
}

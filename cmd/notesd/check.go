package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/crypto/acme/autocert"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// certWarning is how long a certificate must be good for.
const certWarning = 14 * 24 * time.Hour

func newCheck(out io.Writer, getenv func(string) string) *cobra.Command {
	var c checker
	c.now = time.Now
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look at configuration, store, certificates and address, and say what is wrong",
		Long: `Look at what a server with these settings needs, and say what is wrong: one line
for each thing, which begins with ok, warning or error. It changes nothing and
may be run beside a server, which it slows down a little while it reads the whole
store. The exit code is 1 where there is an error.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.configuration(cmd.Flags(), getenv)
			c.store(cmd.Context())
			c.key()
			c.certificate()
			c.gotCertificates(cmd.Context())
			c.address(cmd.Context())
			return c.report(out)
		},
	}
	c.config.register(cmd.Flags(), getenv)
	return cmd
}

// checker gathers findings about one configuration.
type checker struct {
	config   config
	now      func() time.Time
	findings []finding
}

// finding says what it is about.
type finding struct {
	about string
	store.Finding
}

func (c *checker) add(about string, f store.Finding) {
	c.findings = append(c.findings, finding{about, f})
}

// fail adds an error with the hint that it may carry.
func (c *checker) fail(about string, err error) {
	hint := ""
	if h, ok := errors.AsType[*hintError](err); ok {
		hint = h.hint
	}
	c.add(about, store.Failure(err.Error(), hint))
}

func (c *checker) report(out io.Writer) error {
	words := map[store.Level]string{store.LevelOK: "ok", store.LevelWarning: "warning", store.LevelError: "error"}
	failed := 0
	for _, f := range c.findings {
		if _, err := fmt.Fprintf(out, "%-8s%s: %s\n", words[f.Level], f.about, f.Text); err != nil {
			return err
		}
		if f.Hint != "" {
			if _, err := fmt.Fprintf(out, "        hint: %s\n", f.Hint); err != nil {
				return err
			}
		}
		if f.Level == store.LevelError {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(c.findings))
	}
	return nil
}

func (c *checker) configuration(flags *pflag.FlagSet, getenv func(string) string) {
	const about = "configuration"
	if err := c.config.complete(flags, getenv); err != nil {
		c.fail(about, err)
		return
	}
	from := ""
	flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case !configurable(f):
		case f.Changed:
			from += " --" + f.Name
		case getenv(envName(f.Name)) != "":
			from += " " + envName(f.Name)
		}
	})
	if from == "" {
		from = " nothing, all is default"
	}
	c.add(about, store.OK("valid; set by"+from))
}

func (c *checker) store(ctx context.Context) {
	if c.config.store == "" {
		return // the configuration said so
	}
	about := redact(c.config.store)
	if err := c.config.memory.wantStore(c.config.store); err != nil {
		c.fail(about, err)
		return
	}
	st, err := openAdmin(ctx, c.config)
	if err != nil {
		c.fail(about, err)
		return
	}
	defer func() {
		if err := st.Close(); err != nil {
			c.fail(about, err)
		}
	}()
	c.add(about, store.OK("it can be opened"))
	if i, ok := st.(store.Inspector); ok {
		for _, f := range i.Inspect(ctx) {
			c.add(about, f)
		}
	}
	if c.config.keyFile != "" {
		return
	}
	switch err := server.CheckKey(ctx, st); {
	case errors.Is(err, api.ErrNotFound):
		c.add(about, store.Failure("there is no signing key", "start the server once: it makes one"))
	case err != nil:
		c.fail(about, err)
	default:
		c.add(about, store.OK("the signing key is there"))
	}
}

func (c *checker) key() {
	if c.config.keyFile == "" {
		return
	}
	if _, err := readKey(c.config.keyFile); err != nil {
		c.fail("key file", err)
		return
	}
	c.add("key file", store.OK(c.config.keyFile+" can be read, by you alone"))
}

func (c *checker) certificate() {
	const about = "certificate"
	if c.config.tlsCert == "" || c.config.tlsKey == "" {
		return
	}
	if err := private("the key", c.config.tlsKey, "600"); err != nil {
		c.fail(about, err)
		return
	}
	pair, err := tls.LoadX509KeyPair(c.config.tlsCert, c.config.tlsKey)
	if err != nil {
		c.fail(about, err)
		return
	}
	c.goodFor(about, pair.Leaf, "renew it; the server takes the new files without a restart")
}

// gotCertificates looks at those that the server has got for --tls-domain.
func (c *checker) gotCertificates(ctx context.Context) {
	for _, name := range c.config.domains() {
		about := "certificate of " + name
		text, err := autocert.DirCache(c.config.tlsCache).Get(ctx, name)
		if errors.Is(err, autocert.ErrCacheMiss) {
			c.add(about, store.Warning("none is there yet", "the server gets one when it starts, if the authority can reach it by this name"))
			continue
		}
		if err != nil {
			c.fail(about, err)
			continue
		}
		pair, err := tls.X509KeyPair(text, text)
		if err != nil {
			c.fail(about, err)
			continue
		}
		c.goodFor(about, pair.Leaf, "the server renews it by itself: its log says why that fails")
	}
}

// goodFor looks at the time of a certificate.
func (c *checker) goodFor(about string, leaf *x509.Certificate, renew string) {
	text := fmt.Sprintf("for %v, good until %s", leaf.DNSNames, leaf.NotAfter.UTC().Format(time.DateOnly))
	soon := min(certWarning, leaf.NotAfter.Sub(leaf.NotBefore)/6) // some authorities give a week in all
	switch now := c.now(); {
	case now.After(leaf.NotAfter), now.Before(leaf.NotBefore):
		c.add(about, store.Failure("not good today: "+text, renew))
	case now.Add(soon).After(leaf.NotAfter):
		c.add(about, store.Warning("it ends soon: "+text, renew))
	default:
		c.add(about, store.OK(text))
	}
}

// address asks who is there when the address is taken.
func (c *checker) address(ctx context.Context) {
	about := "address " + c.config.addr
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", c.config.addr)
	if err == nil {
		_ = ln.Close()
		c.add(about, store.OK("free: no server runs there"))
		return
	}
	version, askErr := askVersion(ctx, c.config.scheme(), c.config.addr)
	switch {
	case askErr == nil:
		c.add(about, store.OK("notesd "+version+" answers there"))
	case errors.Is(err, os.ErrPermission):
		c.add(about, store.Failure(err.Error(), "choose a port above 1023, or let systemd give the right to it"))
	default:
		c.add(about, store.Failure(err.Error()+", and what is there is no notesd", "choose another one with --addr"))
	}
}

// askVersion returns the version of the notesd that listens on addr.
func askVersion(ctx context.Context, scheme, addr string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://notesd/api/v1/version", nil)
	if err != nil {
		return "", err
	}
	var d net.Dialer
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, addr)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // it tells no secret and believes nothing
	}
	defer t.CloseIdleConnections()
	res, err := t.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var info api.VersionInfo
	if err := json.UnmarshalRead(io.LimitReader(res.Body, 1<<10), &info); err != nil {
		return "", err
	}
	if info.API == 0 {
		return "", errors.New("no notesd")
	}
	return info.Version, nil
}

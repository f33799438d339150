package main

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

const secret = "hunter2"

// FuzzConfiguration reads flags and an environment, one a line. It holds that
// the environment counts where no flag does, that what is taken is whole and
// lets nobody log in over a wire that others read unless that was said, and that
// neither an error nor --print-config tells the password of a URL.
func FuzzConfiguration(f *testing.F) {
	f.Fuzz(func(t *testing.T, args, environment string) {
		env := map[string]string{"HOME": "/home/ann"}
		for line := range strings.Lines(environment) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			env[name] = value
		}
		getenv := func(name string) string { return env[name] }
		var c config
		flags := pflag.NewFlagSet("notesd", pflag.ContinueOnError)
		flags.SetOutput(io.Discard)
		c.register(flags, getenv)
		if flags.Parse(strings.Split(args, "\n")) != nil || flags.NArg() > 0 {
			return
		}

		var told strings.Builder
		if err := c.complete(flags, getenv); err != nil {
			told.WriteString(err.Error())
		} else {
			checkConfig(t, c, flags, getenv)
			if err := c.print(&told, flags, getenv); err != nil {
				t.Error(err)
			}
		}
		hidden := strings.Count(userinfo(c.store), secret) + strings.Count(userinfo(c.publicURL), secret)
		if strings.Contains(told.String(), secret) && strings.Count(args+environment, secret) == hidden {
			t.Errorf("%q, %q: %s", args, environment, told.String())
		}
	})
}

// userinfo is what a URL has before its host, where it is one.
func userinfo(url string) string {
	if strings.HasPrefix(url, "sqlite:") || !strings.Contains(url, "://") {
		return ""
	}
	return url[:strings.LastIndexByte(url, '@')+1]
}

// checkConfig wants a configuration that was taken to be one to serve with.
func checkConfig(t *testing.T, c config, flags *pflag.FlagSet, getenv func(string) string) {
	t.Helper()
	for _, s := range c.settings(getenv) {
		want := getenv(envName(s.name))
		if want == "" {
			want = flags.Lookup(s.name).DefValue
		}
		derived := want == "" && (s.name == "signup" || s.name == "tls-cache")
		if got := flags.Lookup(s.name); !got.Changed && got.Value.String() != want && !derived {
			t.Errorf("--%s is %q, want %q", s.name, got.Value, want)
		}
	}
	host, port, err := net.SplitHostPort(c.addr)
	if n, portErr := strconv.Atoi(port); err != nil || portErr != nil || n < 0 || n > 65535 {
		t.Errorf("the address is %q", c.addr)
	}
	if _, err := c.level(); err != nil || c.store == "" || c.signup != "open" && c.signup != "closed" {
		t.Errorf("level %q, store %q, sign-up %q", c.logLevel, c.store, c.signup)
	}
	if isLoopback(host) {
		return
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		t.Errorf("%s is not taken for loopback", host)
	}
	tls := c.tlsCert != "" && c.tlsKey != "" || c.tlsDomain != ""
	if !tls && !c.insecureHTTP && !strings.HasPrefix(c.publicURL, "https://") {
		t.Errorf("passwords would travel in the clear: %s", c.addr)
	}
	if c.signup == "open" && !flags.Changed("signup") && getenv("NOTESD_SIGNUP") == "" {
		t.Errorf("strangers can sign up at %s", c.addr)
	}
}

// FuzzRedact holds that neither user nor password of a URL comes through, and
// the rest of it does.
func FuzzRedact(f *testing.F) {
	f.Fuzz(func(t *testing.T, scheme, user, password, host, query string) {
		if strings.ContainsAny(scheme, ":/@?") || scheme == "sqlite" || strings.ContainsAny(host+query, "@") || strings.Contains(host, "?") || strings.Contains(scheme+host, secret) {
			return
		}
		for _, slashes := range []string{"://", ":"} {
			url := scheme + slashes + user + ":" + password + secret + "@" + host
			got := redact(url + "?" + query)
			if strings.Contains(got, secret) || !strings.HasPrefix(got, scheme+":") || !strings.HasSuffix(got, "@"+host) {
				t.Errorf("%q is told as %q", url, got)
			}
			if again := redact(got); again != got {
				t.Errorf("%q is told as %q, and that as %q", url, got, again)
			}
		}
	})
}

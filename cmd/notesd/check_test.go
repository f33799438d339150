package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// freeAddr returns an address on which nobody listens any more.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// wantSaid wants each of these, which are regular expressions, in a line.
func wantSaid(t *testing.T, said string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !regexp.MustCompile("(?m)^" + w).MatchString(said) {
			t.Errorf("there is no line %q in\n%s", w, said)
		}
	}
}

// TestCheck looks at a store that is being served, and at one that is not.
func TestCheck(t *testing.T) {
	t.Parallel()
	for engine, url := range stores(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			server := serveStore(t, "--store", url)
			addNote(t, as(t, server.url, signUp(t, server.url, "ann")), "title")
			addr := strings.TrimPrefix(server.url, "http://")
			want := []string{
				`ok +configuration: valid; set by --addr --store$`,
				`ok .*: it can be opened$`,
				`ok .*: users 1, notes 1, sessions 1$`,
				`ok .*: the signing key is there$`,
				map[string]string{
					engineSQLite: `ok .*: SQLite 3\..*, schema \d+, writes wait for the disk$`,
					engineMongo:  `ok .*: MongoDB .*, schema \d+, writes wait for the journals of a majority$`,
				}[engine],
				map[string]string{
					engineSQLite: `ok .*: the file is whole$`,
					engineMongo:  `ok .*: all \d+ indexes are there$`,
				}[engine],
			}
			wantSaid(t, done(t, "check", "--store", url, "--addr", addr), append(want, `ok +address `+addr+`: notesd .* answers there$`)...)
			server.stop()
			wantSaid(t, done(t, "check", "--store", url, "--addr", freeAddr(t)), append(want, `ok +address .*: free`)...)
		})
	}
}

// TestCheckSaysWhatIsWrong breaks one thing at a time.
func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "data", "notes.db")
	serveStore(t, "--store", "sqlite:"+path).stop()
	good := []string{"check", "--store", "sqlite:" + path, "--addr", freeAddr(t)}
	before := filesIn(t, dir)
	done(t, good...)
	if d := cmp.Diff(before, filesIn(t, dir)); d != "" {
		t.Errorf("a check changes files (-before +after):\n%s", d)
	}
	fails := func(args []string, want ...string) {
		t.Helper()
		said, code := notesd(t, args...)
		if code != 1 {
			t.Errorf("notesd %q: exit code %d", args, code)
		}
		wantSaid(t, said, want...)
	}

	fails(append(good, "--signup", "maybe"), `error +configuration: --signup`, `ok .*: the file is whole`)
	fails([]string{"check", "--store", "sqlite:" + dir + "/no/notes.db", "--addr", freeAddr(t)}, `error .*: there is no store`, ` +hint: --store`)
	fails([]string{"check", "--store", mongotest.URI(t), "--addr", freeAddr(t)}, `error .*: there is no store`)
	fails([]string{"check", "--store", "mongodb://ann:hunter2@" + freeAddr(t) + "/notes", "--addr", freeAddr(t)}, `error +mongodb://…@.*: mongo: `)
	fails(append(good, "--key-file", dir+"/none"), `error +key file: `)
	if _, err := os.Stat(filepath.Join(dir, "no")); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}

	st, err := openAdmin(t.Context(), config{store: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	key, err := st.Setting(t.Context(), "signing_key")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.SetSetting(t.Context(), "signing_key", key, []byte("short")), st.Close()); err != nil {
		t.Fatal(err)
	}
	fails(good, `error .*: signing key: `)

	foreign := httptest.NewServer(http.NotFoundHandler())
	defer foreign.Close()
	fails([]string{"check", "--store", "sqlite:" + path, "--addr", foreign.Listener.Addr().String()}, `error +address .*no notesd`)

	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	fails(good, `warning .*: others can look into the folder`, ` +hint: chmod 700 `)
	if err := os.Truncate(path, 5*4096); err != nil {
		t.Fatal(err)
	}
	fails(good, `error `, ` +hint: .*backup`)
}

// TestCheckCertificate wants a word before a certificate ends.
func TestCheckCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "notes.db")
	serveStore(t, "--store", url).stop()
	for name, tt := range map[string]struct {
		ends time.Duration
		code int
		want string
	}{
		"good":  {30 * 24 * time.Hour, 0, `ok +certificate: for \[n.example\], good until`},
		"soon":  {13 * 24 * time.Hour, 0, `warning +certificate: it ends soon`},
		"ended": {-time.Hour, 1, `error +certificate: not good today`},
	} {
		cert, key := writeCertificate(t, time.Now().Add(tt.ends))
		said, code := notesd(t, "check", "--store", url, "--addr", freeAddr(t), "--tls-cert", cert, "--tls-key", key)
		if code != tt.code {
			t.Errorf("%s: exit code %d, want %d", name, code, tt.code)
		}
		wantSaid(t, said, tt.want)
		if err := os.Chmod(key, 0o644); err != nil {
			t.Fatal(err)
		}
		refused(t, "can be read by others", "check", "--store", url, "--addr", freeAddr(t), "--tls-cert", cert, "--tls-key", key)
	}
}

// TestCheckGotCertificate looks at the folder that --tls-domain keeps them in.
func TestCheckGotCertificate(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "notes.db")
	serveStore(t, "--store", url).stop()
	certs := filepath.Join(t.TempDir(), "certs")
	check := func(code int, want string) {
		t.Helper()
		said, got := notesd(t, "check", "--store", url, "--addr", freeAddr(t), "--tls-domain", "n.example", "--tls-cache", certs)
		if got != code {
			t.Errorf("exit code %d, want %d", got, code)
		}
		wantSaid(t, said, want)
	}
	check(0, `warning +certificate of n.example: none is there yet`)
	if _, err := os.Stat(certs); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}
	if err := os.Mkdir(certs, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ends time.Duration
		code int
		want string
	}{
		{30 * 24 * time.Hour, 0, `ok +certificate of n.example: for \[n.example\], good until`},
		{13 * 24 * time.Hour, 0, `warning +certificate of n.example: it ends soon`},
		{-time.Hour, 1, `error +certificate of n.example: not good today`},
	} {
		cert, key := writeCertificate(t, time.Now().Add(tt.ends))
		var both []byte // as the cache has them
		for _, name := range []string{key, cert} {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			both = append(both, text...)
		}
		if err := os.WriteFile(filepath.Join(certs, "n.example"), both, 0o600); err != nil {
			t.Fatal(err)
		}
		check(tt.code, tt.want)
	}
	if err := os.WriteFile(filepath.Join(certs, "n.example"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(1, `error +certificate of n.example: tls: `)
}

func writeCertificate(t *testing.T, ends time.Time) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "n.example"}, DNSNames: []string{"n.example"},
		NotBefore: time.Now().Add(-365 * 24 * time.Hour), NotAfter: ends,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"cert": {Type: "CERTIFICATE", Bytes: der},
		"key":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		var b bytes.Buffer
		_ = pem.Encode(&b, block)
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert"), filepath.Join(dir, "key")
}

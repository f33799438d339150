// Command acmetest is the certificate authority that the tests of --tls-domain
// ask: Pebble, the ACME server for tests by the makers of Let's Encrypt, on a
// free port of the loopback interface, and a name server for which every name is
// 127.0.0.1.
//
// It prints one line of JSON: where its directory is, and the root certificates
// of that address and of what it issues. Then it reads one: the ports on which
// it is to look for who asks for a certificate, which are not known before its
// directory is. It serves until its stdin ends, which is when the test is over or
// gone.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// announcement is what the test needs to know.
type announcement struct {
	Directory     string
	DirectoryRoot string // PEM
	IssuedRoot    string // PEM
}

// ports are where the test's server is.
type ports struct{ TLS, HTTP int }

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "acmetest:", err)
		os.Exit(1)
	}
}

func run(stdin io.Reader, stdout io.Writer) error {
	cert, err := certificate()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	names, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	logger := log.New(os.Stderr, "", 0)
	store := db.NewMemoryStore()
	authority := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "default"}})
	err = json.NewEncoder(stdout).Encode(announcement{
		Directory:     "https://" + ln.Addr().String() + wfe.DirectoryPath,
		DirectoryRoot: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})),
		IssuedRoot:    string(authority.GetRootCert(0).PEM()),
	})
	if err != nil {
		return err
	}
	in := json.NewDecoder(stdin)
	var at ports
	if err := in.Decode(&at); err != nil {
		return err
	}

	if err := os.Setenv("PEBBLE_VA_NOSLEEP", "1"); err != nil {
		return err
	}
	validator := va.New(logger, at.HTTP, at.TLS, false, names.Addr().String(), store)
	front := wfe.New(logger, store, validator, authority, []string{"pebble.example"}, false, false, 1, 1)
	failed := make(chan error, 2)
	go func() {
		failed <- (&dns.Server{Listener: names, Handler: dns.HandlerFunc(everyNameIsHere)}).ActivateAndServe()
	}()
	go func() {
		s := &http.Server{Handler: front.Handler(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
		failed <- s.ServeTLS(ln, "", "")
	}()
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		failed <- nil
	}()
	return <-failed
}

// everyNameIsHere answers that a name has the address 127.0.0.1 and no other.
func everyNameIsHere(w dns.ResponseWriter, question *dns.Msg) {
	answer := new(dns.Msg)
	answer.SetReply(question)
	if q := question.Question[0]; q.Qtype == dns.TypeA {
		answer.Answer = []dns.RR{&dns.A{
			Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET},
			A:   net.IPv4(127, 0, 0, 1),
		}}
	}
	_ = w.WriteMsg(answer)
}

// certificate is that of the directory.
func certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

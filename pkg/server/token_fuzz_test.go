package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// fuzzNow is when the tokens of the corpora are valid.
var fuzzNow = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// FuzzAccessToken signs whatever header and claims it is given with the right
// key, and holds that of these only HS256 with every claim, each right, is let
// through; and of the tokens that are whole, only what is signed so.
func FuzzAccessToken(f *testing.F) {
	key := make([]byte, keyBytes)
	holder := &keyHolder{}
	holder.ring.Store(&ring{keys: []keys{{access: key}}})
	now := func() time.Time { return fuzzNow }
	sign := func(signed string) string {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(signed))
		return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	f.Fuzz(func(t *testing.T, header, payload, whole string) {
		b64 := base64.RawURLEncoding
		signed := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
		v := newVerifier(holder, defaultIssuer, now)
		if c, err := v.verify(signed + "." + sign(signed)); err == nil {
			checkClaims(t, header, payload, c)
		} else if !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("%s.%s: %v", header, payload, err)
		}
		if _, err := v.verify(whole); err == nil {
			i := strings.LastIndexByte(whole, '.')
			if whole[i+1:] != sign(whole[:i]) {
				t.Errorf("%q has another signature", whole)
			}
		} else if !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("%q: %v", whole, err)
		}
	})
}

// checkClaims wants the parts of a token that was let through to say what they
// must.
func checkClaims(t *testing.T, header, payload string, got claims) {
	t.Helper()
	var h struct {
		Alg string `json:"alg"`
	}
	var c struct {
		Iss, Sub, Sid string
		Aud           any
		Iat, Exp, Nbf json.Number
	}
	if err := errors.Join(json.Unmarshal([]byte(header), &h), json.Unmarshal([]byte(payload), &c)); err != nil {
		t.Fatalf("%s.%s: %v", header, payload, err)
	}
	audiences, _ := c.Aud.([]any)
	iat, iatErr := c.Iat.Float64()
	exp, expErr := c.Exp.Float64()
	now, leeway := float64(fuzzNow.Unix()), accessLeeway.Seconds()
	if h.Alg != "HS256" || c.Iss != defaultIssuer || c.Sub == "" || c.Sid == "" ||
		c.Aud != audience && !slices.Contains(audiences, any(audience)) ||
		iatErr != nil || expErr != nil || iat > now+leeway || exp <= now-leeway {
		t.Errorf("%s.%s is let through", header, payload)
	}
	if got.Subject != c.Sub || got.SessionID != c.Sid {
		t.Errorf("%s is read as user %q, session %q", payload, got.Subject, got.SessionID)
	}
}

// FuzzRefreshToken holds that a refresh token has one spelling, and that no
// other than the server's own belongs to a session.
func FuzzRefreshToken(f *testing.F) {
	k := deriveKeys(make([]byte, keyBytes))
	f.Fuzz(func(t *testing.T, token string) {
		id, generation, secret, err := parseRefreshToken(token)
		if err != nil {
			if !errors.Is(err, api.ErrUnauthorized) || secret != nil {
				t.Errorf("%q: %v", token, err)
			}
			return
		}
		if !api.ValidID(id) || generation < 0 || len(secret) != keyBytes {
			t.Errorf("%q is read as session %q, number %d, %d bytes", token, id, generation, len(secret))
		}
		if k.owns(id, generation, secret) != (token == k.refreshToken(id, generation)) {
			t.Errorf("%q is taken for a spelling of %q", token, k.refreshToken(id, generation))
		}
	})
}

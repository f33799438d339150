package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// All servers on a store share a ring of keys: the one that signs, and those it
// followed. A former key signs nothing any more. Its access tokens are good until
// they expire, and the refresh secrets that were derived from it as long as a
// session lives, so that nobody notices a rotation.
//
// A new key is in the ring for keyLead before it signs, and each server looks at
// the ring every keyLookEvery: all of them know a key before they meet it, and
// nobody can make them read the store by tokens of unknown keys. The header of a
// token (kid and the like) is never asked which key it is of.

const (
	keyRingName  = "signing_key" // of the setting
	keyLookEvery = 2 * time.Second
	keyLead      = 5 * keyLookEvery
	maxRing      = 100 // keys: a rotation a day
)

// savedRing is the ring as the store keeps it. Before there were rotations, that
// was the 32 bytes of the one key, as it still is where there was none.
type savedRing struct {
	// Throttle names the counters of unknown users. It stays when the key is
	// rotated: those counters would begin anew, but not the ones of users, and
	// tell who is one.
	Throttle []byte     `json:"throttle"`
	Keys     []savedKey `json:"keys"` // the newest last, never none
}

type savedKey struct {
	Secret []byte   `json:"secret"`
	Since  api.Time `json:"since"` // when it begins to sign
}

func newSecret() []byte {
	secret := make([]byte, keyBytes)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	return secret
}

// ringOf is the ring of one key, with which all began.
func ringOf(secret []byte) savedRing {
	return savedRing{deriveKeys(secret).throttle, []savedKey{{Secret: secret}}}
}

func readRing(value []byte) (saved savedRing, err error) {
	if len(value) == keyBytes {
		return ringOf(value), nil
	}
	if err := json.Unmarshal(value, &saved); err != nil {
		return saved, errors.New("the setting " + keyRingName + " of the store is neither a key nor a ring of keys") // and what it is, is secret
	}
	if len(saved.Keys) == 0 || len(saved.Throttle) < keyBytes ||
		slices.ContainsFunc(saved.Keys, func(k savedKey) bool { return len(k.Secret) < keyBytes }) {
		return saved, errors.New("the setting " + keyRingName + " of the store lacks keys")
	}
	return saved, nil
}

// rotated is the ring with a new key, and without those that no session can be
// of any more.
func (r savedRing) rotated(now time.Time) (savedRing, error) {
	keys := slices.Clone(r.Keys)
	for len(keys) > 1 && now.Sub(keys[1].Since.Time) > sessionLife {
		keys = keys[1:]
	}
	if len(keys) >= maxRing {
		return r, fmt.Errorf("there are %d keys already, each kept for the 90 days that a login made with it may live", len(keys))
	}
	return savedRing{r.Throttle, append(keys, savedKey{newSecret(), api.TimeOf(now.Add(keyLead))})}, nil
}

// changeRing replaces the ring in the store, whoever else does so too.
func changeRing(ctx context.Context, s store.Settings, change func(savedRing) (savedRing, error)) (savedRing, error) {
	for {
		value, err := s.Setting(ctx, keyRingName)
		if err != nil {
			return savedRing{}, err
		}
		saved, err := readRing(value)
		if err != nil {
			return saved, err
		}
		if saved, err = change(saved); err != nil {
			return saved, err
		}
		next, err := json.Marshal(saved)
		if err != nil {
			return saved, err
		}
		if err := s.SetSetting(ctx, keyRingName, value, next); !errors.Is(err, api.ErrStale) {
			return saved, err
		}
	}
}

// ring is what a server knows of the keys. It never changes.
type ring struct {
	keys     []keys // the newest first
	throttle []byte
}

func (r savedRing) derive() *ring {
	d := &ring{throttle: r.Throttle}
	for i, saved := range r.Keys {
		k := deriveKeys(saved.Secret)
		k.since = saved.Since.Time
		if i+1 < len(r.Keys) {
			k.until = r.Keys[i+1].Since.Add(accessLife + accessLeeway)
		}
		d.keys = append(d.keys, k)
	}
	slices.Reverse(d.keys)
	return d
}

// signing are the keys in force.
func (r *ring) signing(now time.Time) keys {
	for _, k := range r.keys {
		if !now.Before(k.since) {
			return k
		}
	}
	return r.keys[len(r.keys)-1] // the clock was set back
}

// owns reports whether secret is number generation of the session.
func (r *ring) owns(sessionID string, generation int64, secret []byte) bool {
	return slices.ContainsFunc(r.keys, func(k keys) bool {
		return k.owns(sessionID, generation, secret)
	})
}

// refreshToken is the refresh token in force of a session, by whichever key it
// was made.
func (r *ring) refreshToken(s store.Session) (string, error) {
	for _, k := range r.keys {
		hash := sha256.Sum256(k.refreshSecret(s.ID, s.Generation))
		if subtle.ConstantTimeCompare(hash[:], s.SecretHash[:]) == 1 {
			return k.refreshToken(s.ID, s.Generation), nil
		}
	}
	return "", errRefresh
}

// keyHolder has the ring in force. Reading it costs nothing.
type keyHolder struct {
	ring atomic.Pointer[ring]

	mu    sync.Mutex // held while one looks at the store
	value []byte     // what the ring was made of; nil: of the configuration
}

// newKeyHolder takes the key of the configuration, or else what all servers on
// this store share, and makes that where there is none.
func newKeyHolder(ctx context.Context, config Config) (*keyHolder, error) {
	if config.Key != nil {
		if len(config.Key) < keyBytes || len(bytes.TrimLeft(config.Key, string(config.Key[:1]))) == 0 {
			return nil, fmt.Errorf("the signing key must be %d random bytes or more", keyBytes)
		}
		return holdKey(config.Key), nil
	}
	value, err := config.Store.Setting(ctx, keyRingName)
	if errors.Is(err, api.ErrNotFound) {
		value, err = config.Store.CreateSetting(ctx, keyRingName, newSecret())
	}
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	h := &keyHolder{}
	return h, h.take(value)
}

// holdKey holds one key, for good.
func holdKey(secret []byte) *keyHolder {
	h := &keyHolder{}
	h.ring.Store(ringOf(secret).derive())
	return h
}

// take puts a value of the setting in force.
func (h *keyHolder) take(value []byte) error {
	saved, err := readRing(value)
	if err == nil {
		h.value = value
		h.ring.Store(saved.derive())
	}
	return err
}

// watchKeys looks at the ring in the store until ctx ends.
func (s *Server) watchKeys(ctx context.Context) {
	if s.config.Key != nil {
		return
	}
	ticker := time.NewTicker(keyLookEvery)
	defer ticker.Stop()
	for failed := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.lookAtKeys(ctx)
		if err != nil && !failed && ctx.Err() == nil { // once for each outage
			s.log.Error("signing keys not read", "error", err)
		}
		failed = err != nil
	}
}

func (s *Server) lookAtKeys(ctx context.Context) error {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	value, err := s.store.Setting(ctx, keyRingName)
	if err != nil || bytes.Equal(value, s.keys.value) {
		return err
	}
	if err := s.keys.take(value); err != nil {
		return err
	}
	s.log.Info("signing keys changed", "keys", len(s.keys.ring.Load().keys))
	return nil
}

func (s *Server) ring() *ring { return s.keys.ring.Load() }

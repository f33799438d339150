package server

import (
	"context"
	"sync"
	"time"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// liveFor is how long a session is believed to live without asking the
	// store again: what another server ended counts here by then.
	liveFor = time.Second
	// liveMax bounds the cache; at about 1 KiB an entry that is 16 MiB.
	liveMax = 16 << 10
)

// identity is who a request comes from.
type identity struct {
	user    store.User
	session store.Session
	cookie  bool // by cookie, not by Authorization header
}

// sessionCache remembers for a moment which sessions live.
type sessionCache struct {
	store store.Store
	now   func() time.Time

	mu      sync.Mutex
	entries map[string]liveEntry
	ended   int // raised when sessions end here, so that no reading from before is kept
}

type liveEntry struct {
	identity
	until time.Time
}

func newSessionCache(s store.Store, now func() time.Time) *sessionCache {
	return &sessionCache{store: s, now: now, entries: map[string]liveEntry{}}
}

// get returns the session and its user, or ErrUnauthorized when it has ended.
func (l *sessionCache) get(ctx context.Context, id string) (identity, error) {
	now := l.now()
	l.mu.Lock()
	e, ok := l.entries[id]
	ended := l.ended
	l.mu.Unlock()
	if ok && now.Before(e.until) && now.Before(e.session.ExpiresAt.Time) {
		return e.identity, nil
	}
	who, err := loadIdentity(ctx, l.store, id, now)
	if err != nil {
		return identity{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == ended {
		if len(l.entries) >= liveMax {
			clear(l.entries)
		}
		l.entries[id] = liveEntry{identity: who, until: now.Add(liveFor)}
	}
	return who, nil
}

// forget makes the next request of every session ask the store. It is called
// after sessions ended or changed in the store, before that is answered.
func (l *sessionCache) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended++
	clear(l.entries)
}

// loadIdentity reads a living session and its user, for whom somebody may act.
func loadIdentity(ctx context.Context, s store.Store, id string, now time.Time) (identity, error) {
	session, err := s.Session(ctx, id)
	if err != nil {
		return identity{}, unauthorizedIfAbsent(err)
	}
	if !now.Before(session.ExpiresAt.Time) {
		return identity{}, errSessionEnded
	}
	user, err := s.User(ctx, session.UserID)
	if err != nil {
		return identity{}, unauthorizedIfAbsent(err)
	}
	if user.DisabledAt != nil {
		return identity{}, errSessionEnded
	}
	return identity{user: user, session: session}, nil
}

var errSessionEnded = &api.Error{Code: api.CodeUnauthorized, Message: "the login has ended; log in again"}

// touched keeps one request a minute, instead of all that come before the store
// was written, from writing last_used_at.
func (l *sessionCache) touched(session store.Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.entries[session.ID]; ok {
		e.session.LastUsedAt = session.LastUsedAt
		l.entries[session.ID] = e
	}
}

package server

import (
	"log/slog"
	"sync"
	"time"
)

// warnEvery is how often the log has what may happen as often as strangers like.
const warnEvery = time.Minute

// seldom warns once in that time, and says nothing else.
type seldom struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	last time.Time
}

func (s *seldom) warn(msg string, attrs ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now.Sub(s.last) < warnEvery {
		return
	}
	s.last = now
	s.log.Warn(msg, attrs...)
}

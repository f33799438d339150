package server

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Admin answers /metrics, /livez and /readyz, for an address that only the
// operator reaches. It asks for no login: it tells nothing of anybody. The
// public port has the last two as well, and never the first.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelError),
	}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { sendAlive(w) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		if err := s.store.Ping(ctx); err != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "not ready", slog.String("error", err.Error()))
			http.Error(w, "the store cannot be reached", http.StatusServiceUnavailable)
			return
		}
		sendAlive(w)
	})
	return mux
}

func sendAlive(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(alive) // an error means that whoever asked is gone
}

package server

import (
	"runtime"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Values of labels. A label never holds what a client sent: each value that was
// ever seen is a series for good, and may be anything, a password too.
const (
	unmatched     = "unmatched" // route: the path, or the method, is none of ours
	unknownMethod = "other"

	resultOK        = "ok"
	resultWrong     = "wrong"
	resultThrottled = "throttled"
	resultRefused   = "refused"

	reasonEnded   = "ended"
	reasonExpired = "expired"
)

// metrics is what the server counts, for [Server.Admin].
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec   // route, method, status
	latency   *prometheus.HistogramVec // route, method
	logins    *prometheus.CounterVec   // result
	refreshes *prometheus.CounterVec   // result
	reused    prometheus.Counter
	ended     *prometheus.CounterVec   // reason
	calls     *prometheus.HistogramVec // call
	failures  *prometheus.CounterVec   // call, code

	streamsEnded *prometheus.CounterVec // reason
	changesSent  prometheus.Counter
}

func newMetrics(version string) *metrics {
	registry := prometheus.NewRegistry()
	auto := promauto.With(registry)
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	auto.NewGauge(prometheus.GaugeOpts{
		Name: "notesd_build_info", Help: "Always 1; the labels say which build this is.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	}).Set(1)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return auto.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry: registry,
		requests: counter("notesd_http_requests_total",
			"Requests answered, by the pattern of their route, method and class of status.", "route", "method", "status"),
		latency: histogram("notesd_http_request_duration_seconds",
			"From the request having arrived to its answer being made.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, "route", "method"),
		logins: counter("notesd_logins_total",
			"Passwords given, to log in or to confirm a change of the account: ok, wrong, or throttled and not looked at.", "result"),
		refreshes: counter("notesd_refreshes_total",
			"Refresh tokens given: ok, or refused.", "result"),
		reused: auto.NewCounter(prometheus.CounterOpts{
			Name: "notesd_refresh_tokens_reused_total",
			Help: "Sessions ended because an old refresh token was given: somebody else may have it.",
		}),
		ended: counter("notesd_sessions_ended_total",
			"Sessions ended before their time, or expired; not those that went with their account.", "reason"),
		calls: histogram("notesd_store_call_duration_seconds",
			"Calls of the store.",
			[]float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}, "call"),
		failures: counter("notesd_store_errors_total",
			"Calls of the store that failed: unavailable, or internal for what nobody foresaw.", "call", "code"),
		streamsEnded: counter("notesd_streams_ended_total",
			"Streams of changes that ended: the reader left or was too slow, the session or the server ended, and the like.", "reason"),
		changesSent: auto.NewCounter(prometheus.CounterOpts{
			Name: "notesd_stream_changes_total",
			Help: "Changes sent by streams, each to each reader.",
		}),
	}
	// A counter that is absent until its first event hides that event from rate.
	for _, result := range []string{resultOK, resultWrong, resultThrottled} {
		m.logins.WithLabelValues(result)
	}
	for _, result := range []string{resultOK, resultRefused} {
		m.refreshes.WithLabelValues(result)
	}
	for _, reason := range []string{reasonEnded, reasonExpired} {
		m.ended.WithLabelValues(reason)
	}
	for _, reason := range []string{endLeft, endSlow, endSession, endLimit, endResync, endStop, endPanic} {
		m.streamsEnded.WithLabelValues(reason)
	}
	return m
}

// watch adds what is looked at when it is asked for.
func (m *metrics) watch(s *Server) {
	for _, gauge := range []struct {
		name, help string
		value      func() float64
	}{
		{"notesd_http_requests_in_flight", "Requests being handled now.", func() float64 {
			return float64(s.running.Load())
		}},
		{"notesd_open_connections", "Connections open now, idle ones too.", func() float64 {
			return float64(max(0, s.app.Server().GetOpenConnectionsCount())) // -1 before it listens
		}},
		{"notesd_streams", "Streams of changes open now.", func() float64 { return float64(s.hub.open()) }},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: gauge.name, Help: gauge.help}, gauge.value))
	}
}

// measure counts each request, after logAccess has made its answer.
func (s *Server) measure(c *fiber.Ctx) error {
	start := s.now()
	err := c.Next()
	route := routeOf(c)
	s.metrics.requests.WithLabelValues(route, c.Method(), class(c.Response().StatusCode())).Inc()
	s.metrics.latency.WithLabelValues(route, c.Method()).Observe(seconds(s.now().Sub(start)))
	return err
}

// routeOf returns the pattern of the route that answered, for the log and the
// metrics: a path that is none of ours may be anything, a token even.
func routeOf(c *fiber.Ctx) string {
	pattern := c.Route().Path
	if pattern == "/" && c.Path() != "/" { // that of the middleware
		return unmatched
	}
	return pattern
}

// class returns 2xx for 201.
func class(status int) string {
	return [...]string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"}[min(status/100, 5)]
}

// seconds of a duration that a clock that was set back may have made negative.
func seconds(d time.Duration) float64 { return max(0, d.Seconds()) }

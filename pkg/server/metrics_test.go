package server_test

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/server"
)

// metrics asks for the metrics as a scraper does. The key of each series is its
// name and the values of its labels, in the order of their names; of a histogram
// it is how many were counted.
func (f *fixture) metrics() map[string]float64 {
	f.t.Helper()
	w := httptest.NewRecorder()
	f.server.Admin().ServeHTTP(w, httptest.NewRequestWithContext(f.t.Context(), "GET", "/metrics", nil))
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil || w.Code != 200 {
		f.t.Fatalf("the metrics: %d, %v", w.Code, err)
	}
	series := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			key := []string{name}
			for _, label := range m.GetLabel() {
				key = append(key, label.GetValue())
			}
			series[strings.Join(key, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return series
}

// those returns the series of one name, without it.
func those(series map[string]float64, name string) map[string]float64 {
	out := map[string]float64{}
	for key, value := range series {
		if labels, ok := strings.CutPrefix(key, name+" "); ok {
			out[labels] = value
		}
	}
	return out
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	fault := error(nil)
	f := start(t, func(c *server.Config) {
		c.AccountLimit = server.Limit{Attempts: 2, Window: time.Hour}
		c.Store = faulty{c.Store, func() error { return fault }}
	})
	first := f.signup("ann")
	f.login("ann")
	f.login("ann")
	for range 3 {
		f.do("POST", "/api/v1/sessions", `{"username":"bob","password":"not the password"}`)
	}
	for i := range 3 {
		f.do("POST", "/api/v1/notes", fmt.Sprintf(`{"id":"00000000000%d","title":"t"}`, i), bearer(first))
	}
	f.do("GET", "/api/v1/notes/000000000000", "", bearer(first))
	f.do("GET", "/api/v1/notes/000000000009", "", bearer(first))
	fault = errors.New("the disk is on fire")
	f.do("GET", "/api/v1/notes/000000000000", "", bearer(first))
	fault = &api.Error{Code: api.CodeUnavailable}
	f.do("GET", "/api/v1/notes/000000000000", "", bearer(first))
	fault = nil
	f.do("GET", "/nothing", "")
	f.do("GET", "/", "")
	f.do("PUT", "/api/v1/notes", "{}")
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("FOO / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	tokens := []string{first.RefreshToken}
	for i := range 3 {
		next, err := f.client().Refresh(t.Context(), tokens[i])
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, next.RefreshToken)
	}
	if err := f.as(first).DeleteOtherSessions(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _ = f.client().Refresh(t.Context(), tokens[0]) // ends the session

	got := f.metrics()
	for name, want := range map[string]map[string]float64{
		"notesd_http_requests_total": { // method, route, status
			"POST /api/v1/users 2xx":            1,
			"POST /api/v1/sessions 2xx":         3,
			"POST /api/v1/sessions 4xx":         3,
			"POST /api/v1/sessions/refresh 2xx": 3,
			"POST /api/v1/sessions/refresh 4xx": 1,
			"DELETE /api/v1/sessions 2xx":       1,
			"POST /api/v1/notes 2xx":            3,
			"GET /api/v1/notes/:id 2xx":         1,
			"GET /api/v1/notes/:id 4xx":         1,
			"GET /api/v1/notes/:id 5xx":         2,
			"GET / 2xx":                         1,
			"GET unmatched 4xx":                 1,
			"PUT unmatched 4xx":                 1,
			"other unmatched 4xx":               1,
		},
		"notesd_http_request_duration_seconds": {
			"POST /api/v1/users":            1,
			"POST /api/v1/sessions":         6,
			"POST /api/v1/sessions/refresh": 4,
			"DELETE /api/v1/sessions":       1,
			"POST /api/v1/notes":            3,
			"GET /api/v1/notes/:id":         4,
			"GET /":                         1,
			"GET unmatched":                 1,
			"PUT unmatched":                 1,
		},
		"notesd_logins_total":         {"ok": 3, "wrong": 2, "throttled": 1},
		"notesd_refreshes_total":      {"ok": 3, "refused": 1},
		"notesd_sessions_ended_total": {"ended": 3, "expired": 0},
		"notesd_store_errors_total":   {"Note internal": 1, "Note unavailable": 1},
	} {
		if d := cmp.Diff(want, those(got, name)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	calls := those(got, "notesd_store_call_duration_seconds")
	for call, want := range map[string]float64{"CreateUser": 1, "CreateSession": 3, "CreateNote": 3, "Note": 4, "DeleteSession": 1, "DeleteSessions": 1} {
		if calls[call] != want {
			t.Errorf("%v calls of %s, want %v", calls[call], call, want)
		}
	}
	for name, want := range map[string]float64{"notesd_refresh_tokens_reused_total": 1, "notesd_http_requests_in_flight": 0} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	for _, name := range []string{"go_goroutines", "notesd_open_connections"} {
		if got[name] < 1 {
			t.Errorf("%s is %v", name, got[name])
		}
	}
	if build := slices.Collect(maps.Keys(those(got, "notesd_build_info"))); len(build) != 1 || !strings.HasSuffix(build[0], " 1.2.3") {
		t.Errorf("the build is %q", build)
	}
}

// TestMetricsInFlight looks while a request is being handled.
func TestMetricsInFlight(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan struct{}), make(chan struct{})
	f := start(t, func(c *server.Config) {
		c.Store = faulty{c.Store, func() error { inside <- struct{}{}; <-leave; return nil }}
	})
	answered := make(chan answer)
	go func() { answered <- f.do("GET", "/readyz", "") }()
	<-inside
	if got := f.metrics()["notesd_http_requests_in_flight"]; got != 1 {
		t.Errorf("%v requests in flight", got)
	}
	close(leave)
	if a := <-answered; a.status != 200 {
		t.Errorf("readyz: %d", a.status)
	}
}

// TestMetricsStayBounded sends what nobody sent before: it makes no series, and
// is in none.
func TestMetricsStayBounded(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *server.Config) { c.NetworkLimit = server.Limit{Attempts: 1, Window: time.Hour} })
	l := f.signup("ann")
	odd := func(i int) {
		word := fmt.Sprintf("canary%d%s", i, strings.Repeat("x", i%40))
		f.do("GET", "/"+word, "")
		f.do("GET", "/"+strings.Repeat(word+"/", 1+i%7), "", "Accept: text/html")
		f.do("POST", "/api/v1/"+word+"?"+word+"="+word, "{}", "User-Agent: "+word)
		f.do("GET", "/api/v1/notes/"+word, "", bearer(l))
		f.do("GET", "/api/v1/notes/"+api.NewID(), "", bearer(l))
		f.do("DELETE", "/api/v1/sessions/"+word, "", bearer(l))
		f.do("GET", "/api/v1/notes?tag="+word, "", bearer(l), word+": "+word)
		f.do("PATCH", "/api/v1/notes/%2e%2e%2f"+word, "{}", bearer(l))
		f.do("POST", "/api/v1/sessions", fmt.Sprintf(`{"username":"%.64s","password":"%[1]s"}`, word))
	}
	odd(0)
	before := f.metrics()
	for i := range 200 {
		odd(i + 1)
	}
	after := f.metrics()
	for key := range after {
		if _, ok := before[key]; !ok || strings.Contains(key, "canary") {
			t.Errorf("a new series: %s", key)
		}
	}
	if got := after["notesd_http_requests_total GET unmatched 4xx"]; got != 402 {
		t.Errorf("%v paths were unmatched", got)
	}
}

func TestAdminReadyz(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"well": 200, "away": 503} {
		f := start(t, func(c *server.Config) {
			if name == "away" {
				c.Store = faulty{c.Store, func() error { return errors.New("mongodb://user:hunter2@inside") }}
			}
		})
		for _, path := range []string{"/readyz", "/livez", "/notes"} {
			w := httptest.NewRecorder()
			f.server.Admin().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
			want := map[string]int{"/readyz": status, "/livez": 200, "/notes": 404}[path]
			if w.Code != want || strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("%s, the store %s: %d %s", path, name, w.Code, w.Body)
			}
		}
	}
}

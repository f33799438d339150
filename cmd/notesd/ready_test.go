package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReady(t *testing.T) {
	t.Parallel()
	p := serveStore(t, "--store", "sqlite:"+t.TempDir()+"/notes.db")
	addr := strings.TrimPrefix(p.url, "http://")
	_, port, _ := strings.Cut(addr, ":")
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer away.Close()
	awayAddr := strings.TrimPrefix(away.URL, "http://")
	ask := func(want int, says string, args ...string) {
		t.Helper()
		var out strings.Builder
		if code := run(t.Context(), append([]string{"ready"}, args...), &out, &out, none); code != want || !strings.Contains(out.String(), says) {
			t.Errorf("notesd ready %v: exit code %d: %s", args, code, out.String())
		}
	}
	ask(0, "", "--addr", addr)
	ask(0, "", "--addr", "0.0.0.0:"+port)
	ask(0, "", "--addr", awayAddr, "--admin-addr", addr)
	ask(1, "503", "--addr", addr, "--admin-addr", awayAddr)
	if code := p.stop(); code != 0 {
		t.Fatalf("stop: exit code %d", code)
	}
	ask(1, "ask "+addr, "--addr", addr)
}

package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// fetch returns the status and body of one GET, and 0 where nobody listens.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestAdminAddress wants the metrics on the admin address and nowhere else, and
// that to end with the server.
func TestAdminAddress(t *testing.T) {
	t.Parallel()
	p := serveStore(t, "--store", "sqlite:"+t.TempDir()+"/notes.db", "--admin-addr", "127.0.0.1:0")
	for path, want := range map[string]int{"/metrics": 200, "/livez": 200, "/readyz": 200, "/": 404, "/api/v1/version": 404, "/debug/pprof/": 404} {
		if status, body := fetch(t, p.admin+path); status != want {
			t.Errorf("admin %s: %d %s", path, status, body)
		}
	}
	if _, body := fetch(t, p.admin+"/metrics"); !strings.Contains(body, "notesd_build_info{") {
		t.Errorf("the metrics lack the build: %s", body)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars"} {
		if status, body := fetch(t, p.url+path); status != 404 {
			t.Errorf("public %s: %d %s", path, status, body)
		}
	}
	if code := p.stop(); code != 0 {
		t.Errorf("stop: exit code %d", code)
	}
	if status, _ := fetch(t, p.admin+"/livez"); status != 0 {
		t.Errorf("after the stop the admin address answers %d", status)
	}
}

func TestAdminAddressTaken(t *testing.T) {
	t.Parallel()
	p := serveStore(t, "--store", "sqlite:"+t.TempDir()+"/notes.db")
	var out strings.Builder
	args := []string{"--addr", "127.0.0.1:0", "--store", "sqlite:" + t.TempDir() + "/notes.db", "--admin-addr", strings.TrimPrefix(p.url, "http://")}
	if code := run(t.Context(), args, &out, &out, none); code != 1 || !strings.Contains(out.String(), "--admin-addr") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What net/http logs of a server that says more than it was asked is not for
// the user.
func TestNoLogOfTheHTTPClient(t *testing.T) {
	t.Parallel()
	const first = `{"notes":[{"id":"0123456789ab","title":"One","tags":[],"revision":1}],"next_cursor":"next"}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") != "" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"notes":[],"next_cursor":""}`)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"+
			"400\r\n"+first+strings.Repeat(" ", 0x400-len(first))+"\r\n0\r\n\r\nnobody asked")
	}))
	defer s.Close()
	cmd := exec.CommandContext(t.Context(), "notes", "ls", "--json", "title")
	cmd.Env = append(os.Environ(), "NOTES_SERVER="+s.URL, "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+t.TempDir())
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 || string(out) != `[{"title":"One"}]`+"\n" {
		t.Errorf("%q, %v; it said %q", out, err, said.String())
	}
}

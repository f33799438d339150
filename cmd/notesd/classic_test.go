package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestClassicFlag: the tutorial's API is there when it is asked for.
func TestClassicFlag(t *testing.T) {
	t.Parallel()
	for status, args := range map[int][]string{
		http.StatusNotFound: nil,
		http.StatusOK:       {"--classic"},
	} {
		p := serveStore(t, append(args, "--store", "sqlite:"+t.TempDir()+"/notes.db")...)
		res, err := http.Post(p.url+"/authentication", "application/json", strings.NewReader(`{"username":"ann","password":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("notesd %v answers a login of the tutorial %d", args, res.StatusCode)
		}
	}
}

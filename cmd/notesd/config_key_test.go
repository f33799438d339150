package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadKey wants the line break behind a key left out, and a key of random
// bytes whole, whatever it ends in.
func TestReadKey(t *testing.T) {
	t.Parallel()
	text, raw := strings.Repeat("k", 32), strings.Repeat("k", 31)+"\n"
	for content, want := range map[string]string{
		text:          text,
		text + "\n":   text,
		text + "\r\n": text,
		raw:           raw,
		"short\n":     "short\n",
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readKey(path); err != nil || string(got) != want {
			t.Errorf("the key of %q is %q, want %q (%v)", content, got, want, err)
		}
	}
}

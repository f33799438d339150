package main

import (
	"errors"
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

// TestKeyFileIsAFolder wants no advice that would shut a folder.
func TestKeyFileIsAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := readKey(dir)
	if _, hinted := errors.AsType[*hintError](err); err == nil || hinted || !strings.HasSuffix(err.Error(), dir+" is a directory") {
		t.Errorf("error is %v, with a hint: %v", err, hinted)
	}
}

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStoreIsGone wants a disk that was not mounted to be an error, and not an
// empty store.
func TestStoreIsGone(t *testing.T) {
	t.Parallel()
	state, disk := t.TempDir(), filepath.Join(t.TempDir(), "disk")
	env := func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }
	url := "sqlite:" + filepath.Join(disk, "data", "notes.db")
	other := "sqlite:" + filepath.Join(t.TempDir(), "notes.db")

	first := serveIn(t, env, "--store", url)
	signUp(t, first.url, "ann")
	first.stop()
	serveIn(t, env, "--store", other).stop() // it remembers more than the last one
	file := filepath.Join(state, "notesd", "stores")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the memory: %v, %v", info, err)
	}

	if err := os.Rename(disk, disk+".away"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // should it begin to serve
	defer cancel()
	wantGone := func(why string) {
		t.Helper()
		var out bytes.Buffer
		if code := run(ctx, []string{"--addr", "127.0.0.1:0", "--store", url}, &out, &out, env); code != 1 ||
			!strings.Contains(out.String(), "the store is gone") || !strings.Contains(out.String(), why+"\nhint: ") || !strings.Contains(out.String(), "--new-store") {
			t.Errorf("want %q: exit code %d: %s", why, code, out.String())
		}
	}
	wantGone("there is no such file")
	if _, err := os.Stat(disk); !os.IsNotExist(err) {
		t.Errorf("something was made where the disk belongs: %v", err)
	}

	if err := os.Rename(disk+".away", disk); err != nil {
		t.Fatal(err)
	}
	second := serveIn(t, env, "--store", url)
	wantLogin(t, second.url, "ann")
	second.stop()

	if err := os.Truncate(filepath.Join(disk, "data", "notes.db"), 0); err != nil {
		t.Fatal(err)
	}
	wantGone("the file is empty")
	if err := os.RemoveAll(disk); err != nil {
		t.Fatal(err)
	}
	signUp(t, serveIn(t, env, "--store", url, "--new-store").url, "ann") // the name is free
	if data, err := os.ReadFile(file); err != nil || strings.Count(string(data), "\n") != 2 {
		t.Errorf("the memory is %q, %v", data, err)
	}
}

func TestNoMemory(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{{}, {"XDG_STATE_HOME": "relative"}} {
		if m := memoryOf(func(name string) string { return env[name] }); m != "" {
			t.Errorf("%v: it remembers in %s", env, m)
		}
	}
	if m := memoryOf(func(name string) string { return map[string]string{"HOME": "/home/ann"}[name] }); m != "/home/ann/.local/state/notesd/stores" {
		t.Errorf("it remembers in %s", m)
	}
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "notes.db")
	serveStore(t, "--store", url).stop()
	if err := os.Remove(filepath.Join(dir, "notes.db")); err != nil {
		t.Fatal(err)
	}
	serveStore(t, "--store", url) // nobody knows that it was there
}

// TestMemoryCannotBeWritten wants the server all the same.
func TestMemoryCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string { return map[string]string{"HOME": file}[name] }
	serveIn(t, env, "--store", "sqlite:"+t.TempDir()+"/notes.db")
}

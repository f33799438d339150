package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/durable"
)

// memory is the file in which notesd keeps the paths of the SQLite stores it has
// served, one a line. A disk that was not mounted would otherwise look like a
// first start, and people would find an empty server. The empty name remembers
// nothing.
type memory string

// memoryOf follows the XDG base directory specification.
func memoryOf(getenv func(string) string) memory {
	dir := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		if getenv("HOME") == "" {
			return ""
		}
		dir = filepath.Join(getenv("HOME"), ".local", "state")
	}
	return memory(filepath.Join(dir, "notesd", "stores"))
}

// wantStore returns an error where a store is gone that was there once. An empty
// file is as good as none: what was served is not in it.
func (m memory) wantStore(url string) error {
	path := remembered(url)
	if path == "" {
		return nil
	}
	what := "there is no such file"
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
	case err == nil && info.Mode().IsRegular() && info.Size() == 0:
		what = "the file is empty"
	default:
		return nil // what else is wrong with it, opening it will tell
	}
	known, _ := m.read() // what cannot be read cannot be written either: add tells
	if slices.Contains(known, path) {
		return &hintError{
			fmt.Errorf("the store is gone: notesd has served %s before, and %s", path, what),
			"mount its disk, put a backup there with notesd restore, or say --new-store to begin an empty one",
		}
	}
	return nil
}

// add remembers a store.
func (m memory) add(url string) error {
	path := remembered(url)
	if m == "" || path == "" {
		return nil
	}
	known, err := m.read()
	if err != nil || slices.Contains(known, path) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(string(m)), 0o700); err != nil {
		return err
	}
	return durable.WriteFile(string(m), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(append(known, path), "\n")+"\n")
		return err
	})
}

func (m memory) read() ([]string, error) {
	if m == "" {
		return nil, nil
	}
	data, err := os.ReadFile(string(m))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the stores that were served before: %w", err)
	}
	return slices.DeleteFunc(strings.Split(string(data), "\n"), func(line string) bool { return line == "" }), nil
}

// remembered returns the absolute path of a SQLite store, and nothing for what
// is not remembered: another engine, or a path that is no line.
func remembered(url string) string {
	engine, path, err := splitStore(url)
	if err != nil || engine != engineSQLite {
		return ""
	}
	path, err = filepath.Abs(path)
	if err != nil || strings.Contains(path, "\n") {
		return ""
	}
	return path
}

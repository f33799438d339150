package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// A note is written as one text: its title on the first line, an empty line, and
// the body byte for byte. joinText writes that form and splitText reads it.

// maxText is the longest text that can be a note: splitText moves the title's
// bytes to the body when they are too many, never the other way round.
const maxText = api.MaxTitle + 2 + api.MaxBody

// joinText is the text of a note. A title of several lines becomes one.
func joinText(title, body string) string {
	title = strings.NewReplacer("\r\n", " ", "\n", " ").Replace(title)
	if body == "" {
		return title + "\n"
	}
	return title + "\n\n" + body
}

// splitText returns the title and the body in a text. An empty line after the
// title belongs to neither. A first line that is too long for a title stays in
// the body, and its beginning is the title.
func splitText(text string) (title, body string) {
	title, body, _ = strings.Cut(text, "\n")
	title = strings.TrimSpace(title)
	if len(title) > api.MaxTitle {
		return cutText(title, api.MaxTitle), text
	}
	if rest, ok := strings.CutPrefix(body, "\r\n"); ok {
		return title, rest
	}
	return title, strings.TrimPrefix(body, "\n")
}

// cutText returns the beginning of s with limit bytes at most and no character
// cut in two.
func cutText(s string, limit int) string {
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// readText reads a text from stdin, or from a file whose name is not "-". A text
// from stdin that no note can hold is kept, to the end, as keepText keeps one,
// and so is what had come when a signal ended the reading.
func (a *app) readText(ctx context.Context, file string, k keeping) (string, error) {
	r := a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	var read sharedBuffer
	_, err := await(ctx, func() (int64, error) { return io.Copy(&read, io.LimitReader(r, maxText+1)) })
	text := read.String()
	switch {
	case err == nil && len(text) > maxText:
		err = &api.Error{Code: api.CodeTooLarge, Message: "the text is longer than 1 MiB"}
		if file == "-" {
			err = a.keepStdin(ctx, err, k, text)
		}
	case err != nil && file == "-" && strings.TrimSpace(text) != "":
		err = a.keepText(err, k, text)
	}
	return text, err
}

// sharedBuffer is a buffer that can be read while it is written.
type sharedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *sharedBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sharedBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestInOrder: what is done at once is told in order, no more than a few are
// under way, and an end lets what has begun come in.
func TestInOrder(t *testing.T) {
	t.Parallel()
	words := make([]string, 100)
	for i := range words {
		words[i] = fmt.Sprint(i)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	begun, running, most := 0, 0, 0
	full := make(chan struct{})
	var told []string
	for d := range inOrder(ctx, words, func(word string) done {
		mu.Lock()
		begun++
		running++
		most = max(most, running)
		if running == bulkAtOnce && begun == bulkAtOnce {
			close(full)
		}
		mu.Unlock()
		<-full // the first of all is the last to end
		mu.Lock()
		running--
		mu.Unlock()
		return done{said: word}
	}) {
		told = append(told, d.said)
		if len(told) == 50 {
			stop()
		}
	}
	if most != bulkAtOnce {
		t.Errorf("%d at once, want %d", most, bulkAtOnce)
	}
	if len(told) != begun || begun < 50 || begun > 50+bulkAtOnce || !slices.Equal(told, words[:begun]) {
		t.Errorf("%d begun, told %q", begun, told)
	}
}

// TestIDLines: a line that is no id is told by its number among all lines.
func TestIDLines(t *testing.T) {
	t.Parallel()
	a := &app{in: strings.NewReader("\na\n\n b\ttitle\n" + strings.Repeat("x", bufio.MaxScanTokenSize+1))}
	if ids, err := a.idLines(); err == nil || !strings.Contains(err.Error(), "line 5 ") {
		t.Errorf("%q, %v", ids, err)
	}
}

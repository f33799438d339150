package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

// The exit codes that `notes help exit-codes` promises.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{syscall.EPIPE, 0},
		{errors.New("anything"), 1},
		{api.ErrInternal, 1},
		{api.Invalid("body", "wrong"), 2},
		{&keyringError{context.DeadlineExceeded}, 1},
		{usagef("wrong"), 2},
		{usageError{api.Invalid("server", "wrong")}, 2},
		{api.ErrNotFound, 3},
		{api.ErrGone, 3},
		{&ambiguousError{}, 3},
		{api.ErrUnauthorized, 4},
		{&api.Error{Code: api.CodeForbidden}, 4},
		{api.ErrRateLimited, 4},
		{api.ErrConflict, 5},
		{api.ErrStale, 5},
		{api.ErrUnavailable, 6},
		{context.Canceled, 130},
		{interrupted{os.Interrupt}, 130},
		{interrupted{syscall.SIGTERM}, 143},
		{interrupted{syscall.SIGHUP}, 129},
	} {
		for _, err := range []error{tt.err, hinted{tt.err, "hint"}, told{tt.err}} {
			if tt.err != nil {
				err = fmt.Errorf("wrapped: %w", err)
			} else {
				err = nil
			}
			if got := codeOf(err); got != tt.want {
				t.Errorf("%v: exit code %d, want %d", err, got, tt.want)
			}
		}
	}
}

func TestWantsJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{[]string{"ls", "--json", "id"}, true},
		{[]string{"ls", "--json=id"}, true},
		{[]string{"ls"}, false},
		{[]string{"add", "--", "--json"}, false},
	} {
		if got := wantsJSON(tt.args); got != tt.want {
			t.Errorf("%q: %v", tt.args, got)
		}
	}
}

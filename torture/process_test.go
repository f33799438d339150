//go:build linux

package torture

import (
	"errors"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

// TestSecondServer wants one server on a file, and another one as soon as the
// first is gone, however it went.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/notes.db"
	first := start(t, "--store", url)
	said, code := refusal(t, command("--store", url))
	if code != 1 || !strings.Contains(said, "the store is in use by process") {
		t.Errorf("a second server: exit code %d, %s", code, said)
	}
	first.Kill()
	if err := newClient(t, first.URL).Ready(t.Context()); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("a server that was killed: %v", err)
	}
	second := start(t, "--store", url)
	if err := newClient(t, second.URL).Ready(t.Context()); err != nil {
		t.Errorf("the server after it: %v", err)
	}
}

//go:build linux

package torture

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tmpfs returns a folder of its own that holds no more than this, as "8m".
func tmpfs(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("notes", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		missing(t, "no file system can be mounted here, which takes root: %v", err)
	}
	t.Cleanup(func() { unmount(t, dir) })
	return dir
}

// grow gives a tmpfs another size.
func grow(t *testing.T, dir, size string) {
	t.Helper()
	if err := syscall.Mount("notes", dir, "tmpfs", syscall.MS_REMOUNT, "mode=0700,size="+size); err != nil {
		t.Fatal(err)
	}
}

// ext4 returns a folder that is a file system on a disk of its own.
func ext4(t *testing.T) (dir string) {
	t.Helper()
	image := filepath.Join(tmpfs(t, "80m"), "disk")
	dir = t.TempDir()
	for _, cmd := range []*exec.Cmd{
		exec.CommandContext(t.Context(), "truncate", "--size=64M", image),
		exec.CommandContext(t.Context(), "mkfs.ext4", "-q", image),
		exec.CommandContext(t.Context(), "mount", "-o", "loop,errors=remount-ro", image, dir),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			missing(t, "no disk can be made here, which takes root, loop devices and the package e2fsprogs: %v %s", err, out)
		}
	}
	t.Cleanup(func() { unmount(t, dir) })
	return dir
}

func unmount(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Unmount(dir, 0); err != nil {
		t.Errorf("unmount %s: %v", dir, err)
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	}
}

// tally counts the answers that pass, by status. It wants a 503 to say when to
// come back, and hides that from the client, which would do as it is told.
type tally struct {
	t  testing.TB
	mu sync.Mutex

	statuses map[int]int
	slowest  time.Duration
}

func newTally(t testing.TB) *tally { return &tally{t: t, statuses: map[int]int{}} }

func (c *tally) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := time.Now()
	res, err := http.DefaultTransport.RoundTrip(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slowest = max(c.slowest, time.Since(begun))
	if err != nil {
		return res, err
	}
	c.statuses[res.StatusCode]++
	if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "" {
		c.t.Errorf("%s %s: a 503 without Retry-After", req.Method, req.URL.Path)
	}
	res.Header.Del("Retry-After")
	return res, nil
}

func (c *tally) count(status int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statuses[status]
}

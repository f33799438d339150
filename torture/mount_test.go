//go:build linux

package torture

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
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

// ext4 is a file system on a disk of its own.
type ext4 struct {
	t          *testing.T
	image, dir string
}

func newExt4(t *testing.T) *ext4 {
	t.Helper()
	d := &ext4{t, filepath.Join(tmpfs(t, "80m"), "disk"), t.TempDir()}
	err := errors.Join(run(t, "truncate", "--size=64M", d.image), run(t, "mkfs.ext4", "-q", d.image), d.mount())
	if err != nil {
		missing(t, "no disk can be made here, which takes root, loop devices and the package e2fsprogs: %v", err)
	}
	t.Cleanup(func() { unmount(t, d.dir) })
	return d
}

func (d *ext4) mount() error {
	return run(d.t, "mount", "-o", "loop,errors=remount-ro", d.image, d.dir)
}

// remount mounts the disk as after a restart of the machine. Nothing may be open
// on it.
func (d *ext4) remount() {
	d.t.Helper()
	unmount(d.t, d.dir)
	if err := d.mount(); err != nil {
		d.t.Fatal(err)
	}
}

// breakDown makes the disk read-only, as the kernel does after an error.
func (d *ext4) breakDown() {
	d.t.Helper()
	if err := run(d.t, "mount", "-o", "remount,abort", d.dir); err != nil {
		d.t.Fatal(err)
	}
}

// cutPower makes the file system forget what is not on the disk, and refuse
// everything from now on.
func (d *ext4) cutPower() {
	d.t.Helper()
	f, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	const shutdown, noLogFlush = 0x8004587d, 2 // FS_IOC_SHUTDOWN, FS_SHUTDOWN_FLAGS_NOLOGFLUSH of the kernel
	if err := unix.IoctlSetPointerInt(int(f.Fd()), shutdown, noLogFlush); err != nil {
		d.t.Fatalf("shutdown: %v", err)
	}
}

func run(t *testing.T, name string, args ...string) error {
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func unmount(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Unmount(dir, 0); err != nil {
		t.Errorf("unmount %s: %v", dir, err)
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	}
}

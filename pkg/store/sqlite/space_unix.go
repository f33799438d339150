//go:build linux || darwin

package sqlite

import "golang.org/x/sys/unix"

// freeSpace returns how many bytes this user may still write in dir.
func freeSpace(dir string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil //nolint:gosec,unconvert // no disk has 8 EiB, and the types differ between systems
}

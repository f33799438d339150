//go:build unix

package echo

import "golang.org/x/sys/unix"

// Hide makes a terminal show no more what is typed, until show is called.
// It does so at once, unlike term.ReadPassword: what is typed right after the
// question is hidden too, and Ctrl-C finds a terminal that can be put in order.
func Hide(fd uintptr) (show func(), err error) {
	before, err := unix.IoctlGetTermios(int(fd), getTermios)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(int(fd), setTermios, &hidden); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(int(fd), setTermios, before) }, nil
}

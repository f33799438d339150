package exchange

import "errors"

// WithoutLinks has a folder be as on a file system that knows no links.
func WithoutLinks(f *Folder) {
	f.link = func(string, string) error { return errors.ErrUnsupported }
}

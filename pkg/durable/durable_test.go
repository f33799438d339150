package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	failure := errors.New("no")
	for _, tt := range []struct {
		text string
		err  error
		want string
	}{
		{"half", failure, ""},
		{"first", nil, "first"},
		{"half", failure, "first"},
		{"second", nil, "second"},
	} {
		err := WriteFile(path, func(w io.Writer) error {
			_, err := io.WriteString(w, tt.text)
			return errors.Join(err, tt.err)
		})
		if !errors.Is(err, tt.err) {
			t.Errorf("error is %v, want %v", err, tt.err)
		}
		if got, _ := os.ReadFile(path); string(got) != tt.want {
			t.Errorf("the file is %q, want %q", got, tt.want)
		}
		if parts, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(parts) > 0 {
			t.Errorf("left over: %v", parts)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

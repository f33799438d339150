package mongotest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// errNoFerretDB is the failure to build it: a matter of the machine (no
// network, no room), while a FerretDB that does not start is a defect.
var errNoFerretDB = errors.New("FerretDB cannot be built")

// ferretDB is this process's FerretDB, started at the first call.
var ferretDB = sync.OnceValues(func() (*ferret, error) {
	bin, err := buildFerretDB()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoFerretDB, err)
	}
	return startFerretDB(bin)
})

// ferret is a running FerretDB. Nobody stops it: it reads its stdin, which ends
// when this process does, be it by SIGKILL, or when the garbage collector finds
// cmd.
type ferret struct {
	uri string
	cmd *exec.Cmd
}

// buildFerretDB returns the path of the program in the folder ferretdb, which is
// a module of its own. The build takes minutes, so it is kept in the user's
// cache under a name that changes with its sources and the Go version. Of
// several test processes one builds while the others wait.
func buildFerretDB() (string, error) {
	src, err := sourceDir()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		data, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(data), data)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(cache, "notes-test", "ferretdb-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if err := os.MkdirAll(filepath.Dir(bin), 0o700); err != nil {
		return "", err
	}
	unlock, err := lockedfile.MutexAt(bin + ".lock").Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if err := goBuild(src, bin+".new"); err != nil {
		return "", err
	}
	return bin, os.Rename(bin+".new", bin)
}

// sourceDir asks the go command, because a test binary built with -trimpath does
// not know where its sources are.
func sourceDir() (string, error) {
	const pkg = "github.com/notesd/notesd/pkg/store/mongo/mongotest"
	out, err := exec.CommandContext(context.Background(), "go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		return "", fmt.Errorf("go list %s: %w", pkg, err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "ferretdb"), nil
}

func goBuild(dir, bin string) error {
	cmd := exec.CommandContext(context.Background(), "go", "build", "-tags", "ferretdb_no_postgresql", "-o", bin, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		const tail = 2 << 10
		return fmt.Errorf("go build: %w: %s", err, out[max(0, len(out)-tail):])
	}
	return nil
}

func startFerretDB(bin string, args ...string) (*ferret, error) {
	cmd := exec.CommandContext(context.Background(), bin, args...)
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// It prints one line: its URI, or what went wrong.
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start FerretDB: %w", err)
	}
	uri := strings.TrimSpace(line)
	if !strings.HasPrefix(uri, "mongodb://") {
		return nil, fmt.Errorf("start FerretDB: %s", uri)
	}
	return &ferret{uri: uri, cmd: cmd}, nil
}

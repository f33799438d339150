package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// childEnv makes the test binary another process that uses a store: it names
// what to do, and the argument is the path.
const childEnv = "NOTES_TEST_SQLITE_CHILD"

var children = map[string]func(path string) error{
	"lock":  childLock,
	"write": childWrite,
	"modes": childModes,
}

func TestMain(m *testing.M) {
	child := children[os.Getenv(childEnv)]
	if child == nil {
		os.Exit(m.Run())
	}
	if err := child(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startChild starts the test binary as a child that ends with the test, and
// returns what it prints line by line.
func startChild(t *testing.T, what, path string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], path)
	cmd.Env = append(os.Environ(), childEnv+"="+what)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	return cmd, bufio.NewReader(stdout)
}

// childLock holds the lock until its input ends.
func childLock(path string) error {
	unlock, err := Lock(path)
	if err != nil {
		return err
	}
	fmt.Println("locked")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return unlock()
}

// childWrite adds notes for ever, from many sides, and prints the id of each one
// that was answered.
func childWrite(path string) error {
	s, err := Open(context.Background(), path)
	if err != nil {
		return err
	}
	u := store.User{ID: owner, Username: "Ada", Key: "ada", PasswordHash: "x"}
	if err := s.CreateUser(context.Background(), u); err != nil && !errors.Is(err, api.ErrConflict) {
		return err
	}
	failed := make(chan error)
	for range 16 {
		go func() {
			for {
				n := crashNote(api.NewID())
				if err := s.CreateNote(context.Background(), n, nil); err != nil {
					failed <- err
				}
				if _, err := os.Stdout.WriteString(n.ID + "\n"); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

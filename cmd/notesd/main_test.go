package main

import (
	"os"
	"os/exec"
	"testing"
)

// processEnv makes the test binary the program, for tests that kill it.
const processEnv = "NOTES_TEST_NOTESD"

func TestMain(m *testing.M) {
	if os.Getenv(processEnv) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is the program as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), processEnv+"=1")
	return cmd
}

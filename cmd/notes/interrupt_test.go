package main

import (
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A signal while the server keeps a command waiting does not cost the text, and
// the user is told where it is.
func TestSignalKeepsTheText(t *testing.T) {
	t.Parallel()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // or the children inherit from nohup that it is ignored
	t.Cleanup(func() { signal.Stop(hangups) })
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGQUIT: 131, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		for _, args := range [][]string{{"add"}, {"append", "0123456789ab"}, {"update", "0123456789ab", "-F", "-"}} {
			t.Run(sig.String()+" "+args[0], func(t *testing.T) {
				t.Parallel()
				said, code, drafts := signalled(t, sig, "precious\n", args...)
				if code != want {
					t.Errorf("exit code %d, want %d", code, want)
				}
				if len(drafts) != 1 || !strings.HasPrefix(said, "notes: interrupted\nhint: your text is kept in "+drafts[0]) {
					t.Fatalf("drafts %q; it said %q", drafts, said)
				}
				if text, err := os.ReadFile(drafts[0]); err != nil || string(text) != "precious\n" {
					t.Errorf("the draft is %q, %v", text, err)
				}
			})
		}
	}
}

// signalled runs notes against a server that never answers, and sends it a signal
// when it waits. It returns what was said, the exit code and the drafts.
func signalled(t *testing.T, sig syscall.Signal, stdin string, args ...string) (said string, code int, drafts []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "notes", args...)
	cmd.Env = append(os.Environ(), "NOTES_SERVER=http://"+l.Addr().String(), "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+dir)
	cmd.Stdin = strings.NewReader(stdin)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		_ = cmd.Process.Kill()
		t.Fatal(err, cmd.Wait(), errOut.String())
	}
	defer func() { _ = conn.Close() }()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	drafts, err = filepath.Glob(filepath.Join(dir, "drafts", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return errOut.String(), cmd.ProcessState.ExitCode(), drafts
}

// TestSignalKeepsWhatHasCome: a signal while the text still comes by a pipe keeps
// what is there.
func TestSignalKeepsWhatHasCome(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "notes", "add")
	cmd.Env = append(os.Environ(), "NOTES_SERVER=http://127.0.0.1:1", "NOTES_TOKEN=token", "NOTES_CONFIG_DIR="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errOut strings.Builder
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A pipe holds 64 KiB: what is written beyond has been read.
	text := "precious\n" + strings.Repeat("x", 256<<10)
	if _, err := stdin.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	drafts, err := filepath.Glob(filepath.Join(dir, "drafts", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if cmd.ProcessState.ExitCode() != 143 || len(drafts) != 1 || !strings.Contains(errOut.String(), drafts[0]) {
		t.Fatalf("exit code %d, drafts %q; it said %q", cmd.ProcessState.ExitCode(), drafts, errOut.String())
	}
	got, err := os.ReadFile(drafts[0])
	if err != nil || !strings.HasPrefix(text, string(got)) || len(got) < 128<<10 {
		t.Errorf("%d bytes are kept of %d, %v", len(got), len(text), err)
	}
}

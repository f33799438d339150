package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// require skips a test without a program that it needs.
func require(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, debianPackage)
	}
}

// missing skips a test; where NOTES_TEST_REQUIRE is "all", it fails it.
func missing(t *testing.T, debianPackage string) {
	t.Helper()
	say := t.Skipf
	if os.Getenv("NOTES_TEST_REQUIRE") == "all" {
		say = t.Fatalf
	}
	say("to run this test, install %s", debianPackage)
}

// sessionBus starts a D-Bus of its own, as dbus-run-session does, and returns
// its address.
func sessionBus(t *testing.T) string {
	t.Helper()
	require(t, "dbus-daemon", "dbus")
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address")
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = bus.Process.Kill()
		_ = bus.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// gnomeKeyring starts the real gnome-keyring, unlocked, and returns the
// environment of its user and a function that ends it.
func gnomeKeyring(t *testing.T, bus string) (env []string, end func()) {
	t.Helper()
	require(t, "gnome-keyring-daemon", "gnome-keyring")
	home := t.TempDir()
	env = []string{
		"DBUS_SESSION_BUS_ADDRESS=" + bus, "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "XDG_DATA_HOME=", "XDG_CONFIG_HOME=",
	}
	daemon := exec.Command("gnome-keyring-daemon", "--foreground", "--components=secrets", "--unlock")
	daemon.Env = append(os.Environ(), env...)
	daemon.Stdin = strings.NewReader("password of the keyring")
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if !ended {
			ended = true
			_ = daemon.Process.Kill()
			_ = daemon.Wait()
		}
	}
	t.Cleanup(end)

	conn, err := dbus.Connect(bus)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for late := time.Now().Add(patience); time.Now().Before(late); {
		var owned bool
		err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&owned)
		if err != nil {
			t.Fatal(err)
		}
		if owned {
			return env, end
		}
	}
	t.Fatal("gnome-keyring-daemon does not serve")
	return nil, nil
}

// failing runs notes, which is to exit with this code, and returns its stderr.
func failing(t *testing.T, env []string, stdin string, code int, args ...string) string {
	t.Helper()
	cmd := exec.Command("notes", args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != code {
		t.Fatalf("notes %s: %v, want exit code %d\n%s", strings.Join(args, " "), err, code, out)
	}
	return string(out)
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	env, endKeyring := gnomeKeyring(t, sessionBus(t))
	env = append(env, person(t)...)
	output(t, env, password+"\n", "signup", "--user", "ann", "--password-stdin")
	output(t, env, password+"\n", "signup", "--user", "bob", "--password-stdin")
	id := output(t, env, "", "add", "--user", "ann", "Buy", "milk")
	if got := output(t, env, "", "show", "--user", "ann", id); got != "Buy milk" {
		t.Errorf("got %q", got)
	}
	if got := output(t, env, "", "status", "--json", "user,storage"); got != `{"user":"bob","storage":"keyring"}` {
		t.Errorf("status is %s", got)
	}

	// No token is in a file.
	dir := strings.TrimPrefix(env[len(env)-3], "NOTES_CONFIG_DIR=")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != "config.json" && f.Name() != "lock" {
			t.Errorf("there is a file %s", f.Name())
		}
	}
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil || strings.Contains(string(config), "token") {
		t.Errorf("the configuration is %s, %v", config, err)
	}

	// Logging out takes the item away, and no other.
	output(t, env, "", "logout", "--user", "ann")
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	failing(t, env, "", 4, "ls", "--user", "ann")
	output(t, env, "", "ls", "--user", "bob")

	// A token takes the place of a login, and is forgotten as one.
	token := output(t, env, "", "token", "create", "laptop", "--user", "bob")
	output(t, env, token+"\n", "login", "--with-token")
	if got := output(t, env, "", "status", "--json", "user,storage,kind"); got != `{"user":"bob","storage":"keyring","kind":"token"}` {
		t.Errorf("status is %s", got)
	}
	if config, err = os.ReadFile(filepath.Join(dir, "config.json")); err != nil || strings.Contains(string(config), "npat_") {
		t.Errorf("the configuration is %s, %v", config, err)
	}
	output(t, env, "", "logout")
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	failing(t, env, "", 4, "ls")

	// A keyring that is gone is an error, and nothing else is tried.
	endKeyring()
	said := failing(t, append(env, "NOTES_DEBUG=1"), "", 1, "ls")
	if !strings.HasPrefix(said, "notes: the keyring: ") || !strings.Contains(said, "hint: unlock it") {
		t.Errorf("it said %q", said)
	}
}

// silent answers no call.
type silent struct{ end chan struct{} }

func (s silent) LookupObject(dbus.ObjectPath) (dbus.ServerObject, bool) {
	<-s.end
	return nil, false
}

// Got wrong by gh: a keyring that hung, or fell back to a file in silence.
func TestKeyringThatHangs(t *testing.T) {
	t.Parallel()
	bus := sessionBus(t)
	s := silent{make(chan struct{})}
	conn, err := dbus.Connect(bus, dbus.WithHandler(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(s.end)
		_ = conn.Close()
	})
	if _, err := conn.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config")
	env := []string{"DBUS_SESSION_BUS_ADDRESS=" + bus, "NOTES_CONFIG_DIR=" + config, "NOTES_SERVER=" + serveNotes(t)}
	start := time.Now()
	said := failing(t, env, password+"\n", 1, "signup", "--user", "ann", "--password-stdin")
	if took := time.Since(start); took < keyringTimeout || took > 3*keyringTimeout {
		t.Errorf("it took %s", took)
	}
	if !strings.Contains(said, "notes: the keyring: no answer within 3s") || !strings.Contains(said, "--insecure-storage") {
		t.Errorf("it said %q", said)
	}
	if files, err := os.ReadDir(config); err == nil {
		t.Errorf("it left %v", files)
	}
	// It was found out before the account was made.
	output(t, env, password+"\n", "signup", "--user", "ann", "--password-stdin", "--insecure-storage")
}

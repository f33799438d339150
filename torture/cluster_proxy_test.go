//go:build linux

package torture

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// behindNginx starts nginx before the servers, with the upstream of operating.md
// and the rest of deploy/nginx.conf, but without TLS, and returns its URL.
func behindNginx(t *testing.T, c *cluster) string {
	t.Helper()
	upstream := between(t, "../docs/operating.md", "```nginx\n", "```")
	for i := range clusterSize {
		example := fmt.Sprintf("server 10.0.0.%d:7070 ", i+1)
		if !strings.Contains(upstream, example) {
			t.Fatalf("the example has no %s", example)
		}
		upstream = strings.Replace(upstream, example, "server "+c.host(i)+" ", 1)
	}
	dir, addr := t.TempDir(), freeAddress(t)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // its own could not enter the folder of the test
	}
	temp := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("\t%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	conf := filepath.Join(dir, "nginx.conf")
	writeFile(t, conf, fmt.Sprintf("%sdaemon off;\nworker_processes 1;\npid %s/pid;\nerror_log stderr error;\nevents {}\n"+
		"http {\n%saccess_log off;\n%s\nserver {\nlisten %s;\nlocation / {\n%s\t}\n}\n}\n",
		user, dir, temp, upstream, addr, between(t, "../deploy/nginx.conf", "location / {\n", "\t}\n")))
	runProxy(t, addr, nil, "nginx", "-e", "stderr", "-c", conf)
	return "http://" + addr
}

// behindCaddy starts Caddy with deploy/Caddyfile, which looks at the servers more
// often, because they are away for a moment.
func behindCaddy(t *testing.T, c *cluster) string {
	t.Helper()
	var servers []string
	for i := range clusterSize {
		servers = append(servers, c.host(i))
	}
	example, err := os.ReadFile("../deploy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	dir, addr := t.TempDir(), freeAddress(t)
	conf := filepath.Join(dir, "Caddyfile")
	writeFile(t, conf, strings.NewReplacer("health_interval 5s", "health_interval 200ms", "{\n\t# What Caddy says", "{\n\tadmin off\n\t# What Caddy says").Replace(string(example)))
	env := []string{
		"NOTES_DOMAIN=http://" + addr, "NOTES_UPSTREAM=" + strings.Join(servers, " "),
		"XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "HOME=" + dir,
	}
	runProxy(t, addr, env, "caddy", "run", "--adapter", "caddyfile", "--config", conf)
	return "http://" + addr
}

// host is where one of the servers listens.
func (c *cluster) host(i int) string { return strings.TrimPrefix(c.server(i).URL, "http://") }

// between is what in a file stands between two texts, the first time.
func between(t *testing.T, file, from, to string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), from)
	middle, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("%s has nothing between %q and %q", file, from, to)
	}
	return middle
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freeAddress is one that only another of these tests could take.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.77.100:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// runProxy starts a program that ends with the test, and returns when requests
// come through.
func runProxy(t *testing.T, addr string, env []string, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		missing(t, "no %s: install the package %[1]s", name)
	}
	cmd := exec.Command(name, args...)
	says := &lockedBuffer{}
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), says, says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s says:\n%s", name, tail(says.String(), 4<<10))
		}
	})
	server := newClient(t, "http://"+addr)
	eventually(t, 30*time.Second, name, func() bool { return server.Ready(t.Context()) == nil })
}

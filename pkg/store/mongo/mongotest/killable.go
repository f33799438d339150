package mongotest

import (
	"sync"
	"testing"
)

// Killable is a database on a FerretDB process of its own, even where
// NOTES_TEST_MONGODB_URI names another server: what it has answered is with the
// kernel, so that it outlives the process, though not the machine.
type Killable struct {
	tb     testing.TB
	bin    string
	dir    string
	uri    string
	proxy  *proxy
	ferret *ferret
}

// StartKillable returns a database that works. It ends with the test.
func StartKillable(tb testing.TB) *Killable {
	tb.Helper()
	bin, err := buildFerretDB()
	if err != nil {
		missing(tb, "%v", err)
	}
	k := &Killable{tb: tb, bin: bin, dir: tb.TempDir()}
	k.start()
	if k.proxy, err = newProxy(k.upstream(), new(sync.Mutex)); err != nil {
		tb.Fatalf("mongotest: %v", err)
	}
	if k.uri, err = rewrite(k.ferret.uri, k.proxy.listener.Addr().String(), "notes"); err != nil {
		tb.Fatalf("mongotest: %v", err)
	}
	tb.Cleanup(func() {
		k.proxy.close()
		k.Kill()
	})
	return k
}

// URI returns the URI of the database, which stays the same.
func (k *Killable) URI() string { return k.uri }

// Kill ends the process at once, by SIGKILL, and with it all connections.
func (k *Killable) Kill() {
	k.tb.Helper()
	if err := k.ferret.cmd.Process.Kill(); err != nil {
		k.tb.Errorf("mongotest: %v", err)
	}
	_ = k.ferret.cmd.Wait()
}

// Restart starts it again on the same data after a Kill.
func (k *Killable) Restart() {
	k.tb.Helper()
	k.start()
	k.proxy.redirect(k.upstream())
}

func (k *Killable) start() {
	k.tb.Helper()
	var err error
	if k.ferret, err = startFerretDB(k.bin, k.dir); err != nil {
		k.tb.Fatalf("mongotest: %v", err)
	}
}

func (k *Killable) upstream() string {
	k.tb.Helper()
	host, err := plainHost(k.ferret.uri)
	if err != nil {
		k.tb.Fatalf("mongotest: %v", err)
	}
	return host
}

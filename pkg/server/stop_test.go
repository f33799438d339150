package server_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/server"
	"github.com/notesd/notesd/pkg/store"
)

// hung is a store that does not answer when notes are read and sessions touched.
type hung struct {
	store.Store
	touched chan error // nil when it begins, and the reason why it ends
}

func (h hung) Note(ctx context.Context, _, _ string) (store.Note, error) {
	<-ctx.Done()
	return store.Note{}, ctx.Err()
}

func (h hung) UpdateSession(ctx context.Context, _ store.Session, _ int64) error {
	h.touched <- nil
	<-ctx.Done()
	h.touched <- ctx.Err()
	return ctx.Err()
}

// TestStopWithStoreThatHangs: what goes on behind an answer is not waited for
// when the stop has given up a request. It takes the 9 seconds of a stop.
func TestStopWithStoreThatHangs(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	l := f.signup("ann")
	st := hung{f.store, make(chan error, 2)}
	s, err := server.New(t.Context(), server.Config{
		Store: st, Now: func() time.Time { return time.Now().Add(5 * time.Minute) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x/api/v1/notes/000000000000", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+l.AccessToken)
	if err := req.Write(conn); err != nil {
		t.Fatal(err)
	}
	<-st.touched
	stop()
	if err := <-served; err == nil {
		t.Error("the stop tells nothing of the request")
	}
	if err := <-st.touched; !errors.Is(err, context.Canceled) {
		t.Errorf("the stop waited until the chore gave up by itself: %v", err)
	}
}

package mongo

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// These compare the engine with the bare driver sending the same commands:
//
//	go test -run - -bench . ./pkg/store/mongo
//
// FerretDB takes so long that nothing else would be seen, so the answers are
// played back by a server that takes no time at all. What is left is what the
// engine and the driver take, and the two differ by more than they would on any
// real server.

var benchNote = store.Note{
	Owner: "0123456789ab", Excerpt: strings.Repeat("word ", 30), TitleKey: "a title of some words",
	Note: api.Note{Body: strings.Repeat("word ", 30), NoteMeta: api.NoteMeta{
		ID: "0123456789ab", Title: "A title of some words", Tags: []string{"home"}, Revision: 1,
	}},
}

var firstPage = store.ListQuery{
	State: api.StateActive, Sort: api.SortUpdated, Order: api.OrderDesc, Limit: 50, MaxBytes: api.MaxPageBytes,
}

// playback opens a store whose server repeats the first answer to each command.
func playback(b *testing.B) *Store {
	b.Helper()
	uri := mongotest.Start(b).URI() // of one host, without TLS
	recorded, err := Open(b.Context(), uri)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = recorded.Close() }()
	for i := range firstPage.Limit + 1 {
		n := benchNote
		if n.ID = fmt.Sprintf("%012d", i); i == 0 {
			n.ID = benchNote.ID
		}
		if err := recorded.CreateNote(b.Context(), n, nil); err != nil {
			b.Fatal(err)
		}
	}
	host, rest, _ := strings.Cut(strings.TrimPrefix(uri, "mongodb://"), "/")
	s, err := Open(b.Context(), "mongodb://"+player(b, host)+"/"+rest)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// player returns the address of a server that asks upstream once for each kind
// of request: those that differ only in what every request has anew, its number
// and its session, are the same length.
func player(b *testing.B, upstream string) string {
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var (
		mu      sync.Mutex
		answers = map[int][]byte{}
		open    []net.Conn
	)
	b.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	})
	server, err := new(net.Dialer).DialContext(b.Context(), "tcp", upstream)
	if err != nil {
		b.Fatal(err)
	}
	open = append(open, server)
	reply := func(request []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		answer, ok := answers[len(request)]
		if !ok {
			_, _ = server.Write(request)
			answer, _ = readFrame(server)
			answers[len(request)] = answer
		}
		return answer
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			go func() {
				for {
					request, err := readFrame(c)
					if err != nil {
						return
					}
					answer := append([]byte(nil), reply(request)...)
					copy(answer[8:12], request[4:8]) // whose answer it is
					_, _ = c.Write(answer)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// readFrame reads one message, which begins with its length.
func readFrame(r io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	m := make([]byte, binary.LittleEndian.Uint32(length[:]))
	copy(m, length[:])
	_, err := io.ReadFull(r, m[4:])
	return m, err
}

func BenchmarkEngineGet(b *testing.B) {
	s := playback(b)
	for b.Loop() {
		if _, err := s.Note(b.Context(), benchNote.Owner, benchNote.ID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareGet(b *testing.B) {
	s := playback(b)
	for b.Loop() {
		var d noteDoc
		err := s.notes.FindOne(b.Context(), bson.M{
			"_id": benchNote.Owner + "/" + benchNote.ID, "owner": benchNote.Owner, "state": bson.M{"$ne": "purged"},
		}, options.FindOne().SetProjection(bson.M{"tokens": 0})).Decode(&d)
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEngineList50(b *testing.B) {
	s := playback(b)
	for b.Loop() {
		if notes, _, err := s.ListNotes(b.Context(), benchNote.Owner, firstPage); len(notes) != 50 || err != nil {
			b.Fatal(len(notes), err)
		}
	}
}

func BenchmarkBareList50(b *testing.B) {
	s := playback(b)
	for b.Loop() {
		cursor, err := s.notes.Find(b.Context(),
			bson.M{
				"owner": benchNote.Owner, "state": bson.M{"$in": []string{"active"}}, "pinned": bson.M{"$in": []bool{false, true}},
			},
			options.Find().SetSort(bson.D{{Key: "updated_at", Value: -1}, {Key: "_id", Value: -1}}).SetProjection(bson.M{"tokens": 0}).SetLimit(51).SetBatchSize(52))
		if err != nil {
			b.Fatal(err)
		}
		var docs []noteDoc
		if err := cursor.All(b.Context(), &docs); len(docs) != 51 || err != nil {
			b.Fatal(len(docs), err)
		}
	}
}

func BenchmarkEngineCreate(b *testing.B) {
	s := playback(b)
	n := benchNote
	n.ID = "fresh0000000"
	for b.Loop() {
		if err := s.CreateNote(b.Context(), n, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareCreate(b *testing.B) {
	s := playback(b)
	n := benchNote
	n.ID = "fresh0000000"
	doc := docOf(n, nil)
	for b.Loop() {
		if _, err := s.notes.InsertOne(b.Context(), doc); err != nil {
			b.Fatal(err)
		}
	}
}

package server_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// BenchmarkImport is what the import of a batch of 500 notes of half a KiB costs,
// all but the network.
func BenchmarkImport(b *testing.B) {
	f := start(b, nil)
	c := f.client(client.WithLogin(client.TokensOf(f.signup("ann")), nil), client.WithHTTPClient(&http.Client{}))
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5000)
	for i := range words {
		words[i] = fmt.Sprintf("%x", r.Uint32()>>r.IntN(20))
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		notes := make([]api.PortableNote, 500)
		for i := range notes {
			var text bytes.Buffer
			for range 80 {
				text.WriteString(words[r.IntN(len(words))] + " ")
			}
			notes[i] = aNote(api.NewID(), text.String())
			notes[i].Title = strings.Join(strings.Fields(text.String())[:4], " ")
		}
		got, err := c.Import(b.Context(), notes, api.ImportOptions{})
		if err != nil || got.Added != len(notes) {
			b.Fatal(got, err)
		}
	}
	b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "notes/s")
}

package search_test

import (
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
)

// texts are bodies of about 1 KiB and of 1 MiB.
func texts() map[string]string {
	english := "We met on Monday to talk about the budget for next year. Ann's plan (see https://example.com/plan?id=42) is to buy fewer licences, 1,250 instead of 2,000; Bob will ask the vendor.\n"
	german := "Übermäßig große Änderungen müssen schriftlich begründet werden; spätestens übermorgen früh prüfen wir, ob die Lösung überhaupt möglich wäre.\n"
	russian := "Завтра утром мы ещё раз обсудим план работы на следующий год, а потом каждый напишет свои замечания в общий файл.\n"
	chinese := "今天我们开会讨论明年的预算，大家一致认为应该减少不必要的支出，并且把重点放在新产品的研发上。\n"
	return map[string]string{
		"english": strings.Repeat(english, 6), "german": strings.Repeat(german, 7), "russian": strings.Repeat(russian, 5),
		"chinese": strings.Repeat(chinese, 8), "english_1MiB": strings.Repeat(english, 5800), "chinese_1MiB": strings.Repeat(chinese, 7700),
	}
}

func BenchmarkTokens(b *testing.B) {
	for name, body := range texts() {
		b.Run(name, func(b *testing.B) {
			n := &api.Note{Body: body}
			n.Title, n.Tags = "Budget meeting", []string{"work", "to-do"}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				search.Tokens(n)
			}
		})
	}
}

// BenchmarkRank looks for what stands at the end of the body, the slowest to find.
func BenchmarkRank(b *testing.B) {
	for name, body := range texts() {
		b.Run(name, func(b *testing.B) {
			n := &api.Note{Body: body + " needle"}
			n.Title, n.Tags = "Budget meeting", []string{"work", "to-do"}
			q := search.Parse("budget needle")
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, found := q.Rank(n); !found {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	for name, body := range texts() {
		b.Run(name, func(b *testing.B) {
			n := &api.Note{Body: body + " needle"}
			q := search.Parse("needle")
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if m := q.Match(n); len(m.Ranges) == 0 {
					b.Fatal("not found")
				}
			}
		})
	}
}

// BenchmarkMatchRun is the worst that a run can be: as long as a body, with a match
// everywhere, and to be folded.
func BenchmarkMatchRun(b *testing.B) {
	n := &api.Note{Body: strings.Repeat("ｶﾞ", api.MaxBody/6)}
	q := search.Parse("ガ")
	for b.Loop() {
		if m := q.Match(n); len(m.Ranges) == 0 {
			b.Fatal("not found")
		}
	}
}

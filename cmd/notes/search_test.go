package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

func TestQueryWords(t *testing.T) {
	t.Parallel()
	tests := []struct{ args, want string }{
		{"search milk", "search -- milk"},
		{"search milk -eggs", "search -- milk -eggs"},
		{"search milk -tea -notes", "search -- milk -tea -notes"},
		{"search -t food milk -n 3 -x", "search -t food -n 3 -- milk -x"},
		{"search -n3 milk", "search -n3 -- milk"},
		{"search milk --tag food --tag=home --all eggs", "search --tag food --tag=home --all -- milk eggs"},
		{"--server http://x search --color never milk --username ann", "--server http://x search --color never --username ann -- milk"},
		{"search milk --nosuch eggs", "search --nosuch -- milk eggs"},
		{"search milk --json id --jq .[] -id", "search --json id --jq .[] -- milk -id"},
		{"search -- milk --tag food", "search -- milk --tag food"},
		{"search -n 1 -- -n", "search -n 1 -- -n"},
		{"search -h", "search -h --"},
		{"search milk --tag", "search --tag -- milk"},
		{"search - -5 --", "search -- - -5"},
		{"search", "search --"},
		{"ls -n 3", "ls -n 3"},
		{"add search -eggs", "add search -eggs"},
		{"help search", "help search"},
		{"", ""},
	}
	for _, tt := range tests {
		root := newRoot(&app{out: io.Discard, errOut: io.Discard, lookupenv: func(string) (string, bool) { return "", false }})
		if got := strings.Join(queryWords(root, strings.Fields(tt.args)), " "); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.args, got, tt.want)
		}
	}
}

func TestMarked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		text   string
		ranges []api.Range
		width  int
		want   string // what stands out in brackets
	}{
		{"all", "milk", []api.Range{{0, 4}}, 80, "[milk]"},
		{"none", "milk", nil, 80, "milk"},
		{"characters", "é🙂 milk", []api.Range{{3, 7}}, 80, "é🙂 [milk]"},
		{"escaped", "a\x1b[2J milk\u202e", []api.Range{{6, 10}}, 80, `a\x1b[2J [milk]\u202e`},
		{"cut at the end", "fresh milk and tea", []api.Range{{6, 10}}, 12, "fresh [milk] …"},
		{"cut in what stands out", "fresh milk", []api.Range{{6, 10}}, 9, "…esh [milk]"},
		{"cut at the beginning", "a long line with milk in it", []api.Range{{17, 21}}, 10, "…ith [milk]…"},
		{"wide", "東京タワー", []api.Range{{2, 5}}, 8, "…[タワー]"},
		{"from a server that lies", "milk", []api.Range{{9, 3}, {-4, 2}, {1, 99}, {2, 1}}, 80, "milk"},
		{"narrow", "milk", []api.Range{{0, 4}}, 1, "[…]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			for _, p := range mark(tt.text, tt.ranges).window(tt.width) {
				if p.stand {
					got.WriteString("[" + p.text + "]")
				} else {
					got.WriteString(p.text)
				}
			}
			if got.String() != tt.want {
				t.Errorf("got %s, want %s", got.String(), tt.want)
			}
			width := displayWidth(strings.NewReplacer("[", "", "]", "").Replace(got.String()))
			if width > tt.width && !strings.Contains(tt.text, "[") {
				t.Errorf("%s is %d columns wide", got.String(), width)
			}
		})
	}
}

func TestSearchOnATerminal(t *testing.T) {
	t.Parallel()
	env := person(t)
	signUp(t, env)
	output(t, env, "", "add", "--title", "Shopping \x1b[2Jlist", "1. eggs\n2. fresh \x07milk, and milkshake\n")
	env = append(env, "NO_COLOR=")
	s := open(t, env, "notes", "search", "milk", "shop")
	s.exits(0)
	s.expect("\x1b[31;1mShopping\x1b[0m \\x1b[2Jlist")
	s.expect("\r\n    2. fresh \x1b[31;1mmilk\x1b[0m, and \x1b[31;1mmilkshake\x1b[0m\r\n")
	s = open(t, env, "notes", "search", "nothing like it")
	s.exits(0)
	s.expect("no notes match")
	s = open(t, append(env, "NO_COLOR=1"), "notes", "search", "milk")
	s.exits(0)
	s.expect("fresh milk, and milkshake")
	if slices.Contains([]byte(s.text()), '\x1b') {
		t.Errorf("%q has colours", s.text())
	}
}

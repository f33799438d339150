package foreign

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxPlace = 256 // bytes of where something is
	maxName  = 64  // bytes of one name among others
	maxNames = 5   // names of one kind that are told
)

// leftovers are what could not be carried over, by its kind.
type leftovers []leftover

type leftover struct {
	what  string
	count int
	names []string // one more than are told, at most
}

func (l *leftovers) add(what, name string) {
	i := slices.IndexFunc(*l, func(o leftover) bool { return o.what == what })
	if i < 0 {
		i = len(*l)
		*l = append(*l, leftover{what: what})
	}
	(*l)[i].add(name)
}

func (l *leftover) add(name string) {
	l.count++
	name = nameOf(name, maxName)
	if name != "" && len(l.names) <= maxNames && !slices.Contains(l.names, name) {
		l.names = append(l.names, strings.Clone(name)) // without the text that it is from
	}
}

// nameOf is a name as people are told it: on one line and no longer than that, and
// text, which the name of a file need not be.
func nameOf(name string, limit int) string {
	return cut(strings.ToValidUTF8(oneLine(name), string(utf8.RuneError)), limit)
}

// String says how many there are, and what some of them are called.
func (l leftover) String() string {
	s := strconv.Itoa(l.count)
	if len(l.names) == 0 {
		return s
	}
	s += " (" + strings.Join(l.names[:min(len(l.names), maxNames)], ", ")
	if len(l.names) > maxNames {
		s += ", …"
	}
	return s + ")"
}

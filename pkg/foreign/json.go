package foreign

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient takes what other programs write: what is no text in a string becomes
// U+FFFD, which the notes are looked over for, and unknown members are none of our
// business.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// number is a number, be it written as one or as a string; what is neither is 0.
type number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, _ := strconv.ParseFloat(s, 64)
		v = int64(f)
	}
	*n = number(v)
	return nil
}

// flag is true, 1, "true" or "1"; all else is false.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	*f = s == "true" || s == "1"
	return nil
}

// moment is a time: a text as RFC 3339 has it, or a count since 1970. What is
// neither is no time.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(b []byte) error {
	t, err := time.Parse(time.RFC3339, strings.Trim(string(b), `"`))
	if err != nil {
		var n number
		_ = n.UnmarshalJSON(b) // never fails
		t = instant(int64(n))
	}
	m.Time = t
	return nil
}

// objects goes through a JSON file that holds many of one thing, in one array or
// several, and never has more than one of them in memory. Each gets the name of
// the member that has the array, which is empty where none has, and the object. One
// that is no T is reported and passed over.
func objects[T any](r *reader, f file, each func(member string, v T) bool) {
	in, err := f.open()
	if err != nil {
		r.fail(f.name, err)
		return
	}
	defer func() { _ = in.Close() }()
	l := &limited{r: in, left: maxFile}
	dec := jsontext.NewDecoder(asUTF8(l), lenient)
	for n := 1; ; {
		l.left = maxFile
		if enclosing, _ := dec.StackIndex(dec.StackDepth()); enclosing != '[' || dec.PeekKind() != '{' {
			switch _, err := dec.ReadToken(); {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				r.fail(f.name, err)
				return
			}
			continue
		}
		member, _, _ := strings.Cut(strings.TrimPrefix(string(dec.StackPointer()), "/"), "/")
		raw, err := dec.ReadValue()
		if err != nil {
			r.fail(f.name, err)
			return
		}
		var v T
		if err = json.Unmarshal(raw, &v, lenient); err == nil {
			if !each(member, v) {
				return
			}
		} else if !r.fail(fmt.Sprintf("%s, entry %d", f.name, n), err) {
			return
		}
		n++
	}
}

// object reads a JSON file that is one thing.
func object(f file, v any) error {
	b, err := f.read()
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v, lenient)
}

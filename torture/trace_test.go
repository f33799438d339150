//go:build linux

package torture

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// traced are the system calls by which a program can change files, and those by
// which it answers. A mapping of a file to memory is one too: the disk below
// would not see what is written there.
const traced = "openat,open,creat,pwrite64,pwritev,pwritev2,write,writev,ftruncate,truncate,fallocate," +
	"fsync,fdatasync,sync_file_range,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlinkat," +
	"mkdir,mkdirat,copy_file_range,sendfile,splice,mmap,sendto,sendmsg"

// maxString is the longest write that the trace keeps whole: more than the
// largest answer that the tests ask for.
const maxString = 1 << 20

// event is one system call. It happened between the lines of the trace on which
// it began and ended; what ended on an earlier line than another began did
// happen before.
type event struct {
	call       string
	args       string // as strace writes them
	result     string
	begin, end int // lines
}

// recorder collects the events of one or more processes, one after the other.
type recorder struct {
	events []event
	line   int
}

// record starts notesd under strace, which writes to a pipe, and returns the
// function that waits for the end of the trace. The process is notesd itself:
// strace detaches from it.
func (r *recorder) record(tb testing.TB, args ...string) (p *process, wait func()) {
	tb.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		missing(tb, "no strace: install the package strace")
	}
	trace, w, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := command(args...)
	cmd.Path = strace
	cmd.Args = append([]string{
		"strace", "-D", "-f", "--seccomp-bpf", "-y", "-q", "-e", "signal=none",
		"-s", strconv.Itoa(maxString), "-e", "trace=" + traced, "-o", "/dev/fd/3", notesd,
	}, cmd.Args[1:]...)
	cmd.ExtraFiles = []*os.File{w}
	done := make(chan error, 1)
	go func() { done <- r.read(trace) }()
	p = startCommand(tb, cmd)
	_ = w.Close()
	return p, func() {
		tb.Helper()
		if err := <-done; err != nil {
			tb.Fatalf("trace: %v", err)
		}
		_ = trace.Close()
		r.line++
		for i := range r.events { // what the process was in when it ended has ended too
			if r.events[i].end == 0 {
				r.events[i].end = r.line
			}
		}
	}
}

var (
	resumed = regexp.MustCompile(`^<\.\.\. \w+ resumed>`)
	whole   = regexp.MustCompile(`(?s)^(\w+)\((.*)\)\s+= (.*)$`)
)

// read takes a trace apart, line by line as it comes.
func (r *recorder) read(trace io.Reader) error {
	unfinished := map[string]int{} // the event that each thread is in
	lines := bufio.NewReaderSize(trace, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		r.line++
		thread, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		if begun, ok := strings.CutSuffix(rest, " <unfinished ...>"); ok {
			call, args, _ := strings.Cut(begun, "(")
			unfinished[thread] = len(r.events)
			r.events = append(r.events, event{call: call, args: args, begin: r.line})
			continue
		}
		if prefix := resumed.FindString(rest); prefix != "" {
			i, ok := unfinished[thread]
			if !ok {
				return fmt.Errorf("line %d resumes what did not begin", r.line)
			}
			delete(unfinished, thread)
			e := &r.events[i]
			m := whole.FindStringSubmatch(e.call + "(" + e.args + rest[len(prefix):])
			if m == nil {
				continue // killed in the middle: "= ?"
			}
			e.args, e.result, e.end = m[2], m[3], r.line
			continue
		}
		if m := whole.FindStringSubmatch(rest); m != nil {
			r.events = append(r.events, event{call: m[1], args: m[2], result: m[3], begin: r.line, end: r.line})
		} else if !strings.HasPrefix(rest, "+++") && !strings.HasPrefix(rest, "---") {
			return fmt.Errorf("line %d is not understood: %.200s", r.line, rest)
		}
	}
}

// failed reports whether the call had no effect.
func (e event) failed() bool { return strings.HasPrefix(e.result, "-1 ") }

// fd returns what the first argument is open on, and the rest of the arguments.
// A file that has no name any more is nothing.
func (e event) fd() (target, rest string) {
	m := descriptor.FindStringSubmatch(e.args)
	if m == nil {
		return "", e.args
	}
	return m[1], e.args[len(m[0]):]
}

var descriptor = regexp.MustCompile(`^\d+<([^>]*)>(?:, |$)`)

// unquote reads a string as strace writes it, and returns what stands behind it.
func unquote(s string) (value []byte, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return nil, s, fmt.Errorf("not a string: %.60s", s)
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if rest = s[i+1:]; strings.HasPrefix(rest, "...") {
				return nil, rest, fmt.Errorf("a string of more than %d bytes", maxString)
			}
			return value, strings.TrimPrefix(rest, ", "), nil
		case c != '\\':
			value = append(value, c)
		default:
			if i++; i == len(s) {
				return nil, "", io.ErrUnexpectedEOF
			}
			if b, ok := escapes[s[i]]; ok {
				value = append(value, b)
				continue
			}
			b, digits := 0, 0
			for digits < 3 && i+digits < len(s) && s[i+digits] >= '0' && s[i+digits] <= '7' {
				b = b<<3 | int(s[i+digits]-'0')
				digits++
			}
			if digits == 0 {
				return nil, "", fmt.Errorf("escape \\%c", s[i])
			}
			value = append(value, byte(b))
			i += digits - 1
		}
	}
	return nil, "", io.ErrUnexpectedEOF
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'v': '\v', 'f': '\f', 'r': '\r', '"': '"', '\\': '\\'}

package backup_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/store"
)

// TestTruncated cuts a file at every byte.
func TestTruncated(t *testing.T) {
	t.Parallel()
	file, _ := write(t, sequence(records()))
	for n := range file {
		if _, _, err := backup.Check(bytes.NewReader(file[:n])); err == nil {
			t.Errorf("the first %d of %d bytes pass for a backup", n, len(file))
		}
	}
}

// TestFlipped alters every byte of a file. Few bits have no meaning: in the
// header of gzip the time and the system, and before its last 12 bytes what fills
// up a byte. All others are noticed.
func TestFlipped(t *testing.T) {
	t.Parallel()
	file, _ := write(t, sequence(records()))
	harmless := 0
	for i := range file {
		for _, mask := range []byte{1, 32, 255} {
			altered := slices.Clone(file)
			altered[i] ^= mask
			if _, _, err := backup.Check(bytes.NewReader(altered)); err != nil {
				continue
			}
			if d := cmp.Diff(lines(t, file), lines(t, altered)); d != "" {
				t.Errorf("byte %d altered by %x passes (-want +got):\n%s", i, mask, d)
			}
			if i >= 10 && i < len(file)-13 {
				t.Errorf("byte %d altered by %x is not noticed", i, mask)
			}
			harmless++
		}
	}
	t.Logf("%d of %d alterations changed nothing that is read", harmless, 3*len(file))
}

// pack makes a file of lines, with the digest that belongs to them where the
// last one says %x.
func pack(lines ...string) []byte {
	text := strings.Join(lines, "\n") + "\n"
	if before, last, ok := strings.Cut(text, `{"manifest"`); ok && strings.Contains(last, "%x") {
		text = before + `{"manifest"` + fmt.Sprintf(last, sha256.Sum256([]byte(before)))
	}
	return compress([]byte(text))
}

func compress(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}

const (
	head = `{"notesd_backup":1,"created_at":"2026-01-31T00:00:00.000Z","engine":"sqlite","version":"1"}`
	ann  = `{"user":{"id":"000000000001","username":"Ann","key":"ann","password_hash":"x","created_at":"2026-01-31T00:00:00.000Z","disabled_at":null}}`
	note = `{"note":{"id":"00000000000a","owner":"000000000001","title":"","body":"","tags":[],"revision":1}}`
)

// foot is a manifest of so many users and notes.
func foot(users, notes int) string {
	return fmt.Sprintf(`{"manifest":{"counts":{"settings":0,"users":%d,"sessions":0,"notes":%d,"tombstones":0},"sha256":"%%x"}}`, users, notes)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := pack(head, ann, note, foot(1, 1))
	if _, _, err := backup.Check(bytes.NewReader(good)); err != nil {
		t.Fatalf("the file that the others differ from: %v", err)
	}
	with := func(line, old, text string) string {
		if !strings.Contains(line, old) {
			t.Fatalf("%s lacks %s", line, old)
		}
		return strings.Replace(line, old, text, 1)
	}
	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":               {nil, "empty"},
		"a text":                {[]byte("a text that is no backup"), "no backup of notesd"},
		"a database":            {append([]byte("SQLite format 3\x00"), make([]byte, 4096)...), "no backup of notesd"},
		"compressed nothing":    {compress(nil), "ends too early"},
		"a compressed text":     {compress([]byte("a text\n")), "no backup of notesd"},
		"an export":             {pack(note), "no backup of notesd"},
		"not compressed":        {[]byte(strings.Join(lines(t, good), "")), "no backup of notesd"},
		"of the future":         {pack(with(head, "1,", "3,"), `{"something":"else"}`), "made by a newer notesd"},
		"of no format":          {pack(with(head, "1,", "0,"), ann, note, foot(1, 1)), "no backup of notesd"},
		"no manifest":           {pack(head, ann, note), "ends too early"},
		"no end of line":        {compress([]byte(strings.TrimSuffix(strings.Join(lines(t, good), ""), "\n"))), "ends too early"},
		"a note less":           {pack(head, ann, foot(1, 1)), "altered"},
		"a note more":           {pack(head, ann, note, foot(1, 0)), "altered"},
		"another text":          {compress([]byte(strings.Replace(strings.Join(lines(t, good), ""), `"title":""`, `"title":"x"`, 1))), "altered"},
		"another header":        {compress([]byte(strings.Replace(strings.Join(lines(t, good), ""), `"version":"1"`, `"version":"2"`, 1))), "altered"},
		"two manifests":         {pack(head, ann, note, foot(1, 1), `{"manifest":{}}`), "behind the manifest"},
		"a line behind":         {pack(head, ann, note, foot(1, 1), ann), "behind the manifest"},
		"a byte behind":         {append(slices.Clone(good), 0), "behind the end"},
		"a file behind":         {append(slices.Clone(good), good...), "behind the end"},
		"an empty line":         {pack(head, ann, "", note, foot(1, 1)), "line 3"},
		"a member nobody knows": {pack(head, ann, with(note, `"title"`, `"colour":"red","title"`), foot(1, 1)), "line 3"},
		"a kind nobody knows":   {pack(head, ann, `{"picture":{}}`, foot(1, 0)), "line 3"},
		"a member twice":        {pack(head, ann, with(note, `"title"`, `"id":"00000000000b","title"`), foot(1, 1)), "line 3"},
		"null":                  {pack(head, ann, `{"note":null}`, foot(1, 0)), "no record"},
		"no record":             {pack(head, ann, `{}`, foot(1, 0)), "no record"},
		"two records at once":   {pack(head, ann, note[:len(note)-1]+","+`"tombstone":{}}`, foot(1, 1)), "two records"},
		"bad UTF-8":             {pack(head, ann, with(note, `"body":""`, "\"body\":\"\xff\""), foot(1, 1)), "line 3"},
		"NUL":                   {pack(head, ann, with(note, `"body":""`, `"body":"\u0000"`), foot(1, 1)), "NUL"},
		"a note twice":          {pack(head, ann, note, note, foot(1, 2)), "line 4"},
		"a note before users":   {pack(head, note, ann, foot(1, 1)), "belongs to nobody"},
		"a user behind notes":   {pack(head, ann, note, with(ann, "000000000001", "000000000002"), foot(2, 1)), "line 4"},
		"a note of nobody":      {pack(head, ann, with(note, "000000000001", "000000000002"), foot(1, 1)), "belongs to nobody"},
		"an id that is none":    {pack(head, ann, with(note, "00000000000a", "../../../etc"), foot(1, 1)), "line 3"},
		"a tag of two":          {pack(head, ann, with(note, `"tags":[]`, `"tags":["a,b"]`), foot(1, 1)), "line 3"},
		"revision 0":            {pack(head, ann, with(note, `"revision":1`, `"revision":0`), foot(1, 1)), "line 3"},
		"a user without a name": {pack(head, with(ann, `"key":"ann"`, `"key":""`), foot(1, 0)), "line 2"},
		"a short digest":        {pack(head, ann, note, with(foot(1, 1), "%x", "00")), "line 4"},
	} {
		_, _, err := backup.Check(bytes.NewReader(tt.file))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want %q", name, err, tt.want)
		}
	}
}

// TestBomb wants a line without end refused before it is held in memory.
func TestBomb(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	w, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	_, _ = io.WriteString(w, head+"\n"+`{"note":{"body":"`)
	for range 256 {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
	}
	_ = w.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := backup.Check(&bomb)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint("longer than ", backup.MaxLine)) {
		t.Errorf("error is %v, want one about the length", err)
	}
	// Tests beside this one allocate too; the bomb is 256 MiB.
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 100<<20 {
		t.Errorf("the memory grew by %d MiB", grown>>20)
	}
}

// TestNothingIsWrittenThatCannotBeRead gives Write what no engine should.
func TestNothingIsWrittenThatCannotBeRead(t *testing.T) {
	t.Parallel()
	good := records()
	nobody := store.Note{Owner: api.NewID()}
	nobody.ID, nobody.Revision = api.NewID(), 1
	broken := store.Note{Owner: good[2].User.ID}
	broken.ID, broken.Revision, broken.Body = "00000000000a", 1, "\xff"
	for name, list := range map[string][]store.Record{
		"twice":            {good[2], good[2]},
		"the wrong order":  {good[3], good[2]},
		"notes of nobody":  {{Note: &nobody}},
		"nothing":          {{}},
		"two kinds":        {{User: good[2].User, Setting: good[0].Setting}},
		"no UTF-8":         {good[2], {Note: &broken}},
		"no id of session": {good[2], {Session: &store.Session{UserID: good[2].User.ID}}},
	} {
		if _, err := backup.Write(io.Discard, header, sequence(list)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzReader reads lines that nobody made: it gives an error, or what can be
// written again.
func FuzzReader(f *testing.F) {
	file, _ := write(f, sequence(records()))
	f.Add(strings.Join(lines(f, file), ""))
	f.Add(head + "\n" + ann + "\n" + note + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := backup.NewReader(bytes.NewReader(compress([]byte(text))))
		if err != nil {
			return
		}
		var list []store.Record
		for v, err := range r.Records() {
			if err != nil {
				break
			}
			list = append(list, v)
		}
		if _, err := backup.Write(io.Discard, r.Header, sequence(list)); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}

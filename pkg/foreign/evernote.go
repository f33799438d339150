package foreign

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// enexNote is a note in an ENEX file.
type enexNote struct {
	Title   string `xml:"title"`
	Content struct {
		Encoding string `xml:"encoding,attr"` // of a note that is encrypted as a whole
		XHTML    string `xml:",chardata"`
	} `xml:"content"`
	Created   string   `xml:"created"`
	Updated   string   `xml:"updated"`
	Tags      []string `xml:"tag"`
	SourceURL string   `xml:"note-attributes>source-url"`
	Reminder  string   `xml:"note-attributes>reminder-time"`
	Latitude  string   `xml:"note-attributes>latitude"`
	Resources []struct {
		Mime string `xml:"mime"`
		Name string `xml:"resource-attributes>file-name"`
	} `xml:"resource"`
	Tasks []struct {
		Title  string `xml:"title"`
		Status string `xml:"taskStatus"`
		Due    string `xml:"dueDate"`
	} `xml:"task"`
}

// readEvernote reads ENEX files. In a folder of them each is named after its
// notebook, which becomes a tag.
func readEvernote(r *reader) {
	r.files(func(f file) bool {
		ext := path.Ext(f.name)
		if !strings.EqualFold(ext, ".enex") && r.src.many {
			return true
		}
		var notebook []string
		if r.src.many {
			notebook = []string{strings.TrimSuffix(path.Base(f.name), ext)}
		}
		if err := r.enex(f, notebook); err != nil {
			return r.fail(f.name, err)
		}
		return true
	})
}

// enex reads one file. XML cannot be read on behind what is wrong in it, so an
// error ends the file.
func (r *reader) enex(f file, notebook []string) error {
	in, err := f.open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	l := &limited{r: filterENEX(in), left: maxENEXNote}
	dec := xml.NewDecoder(l)
	// An entity that nobody declared is text, and all files are UTF-8.
	dec.Strict = false
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for number := 1; !r.done; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "note" {
			continue
		}
		l.left = maxENEXNote
		var n enexNote
		if err := dec.DecodeElement(&n, &start); err != nil {
			return fmt.Errorf("note %d: %w", number, err)
		}
		number++
		r.enexNote(n, f, notebook)
	}
	return nil
}

func (r *reader) enexNote(n enexNote, f file, notebook []string) {
	d := draft{
		key:  n.Created + "\x00" + n.Title, // a note has no id here
		name: cmp.Or(strings.TrimSpace(n.Title), f.name), title: n.Title,
		tags:    append(notebook[:len(notebook):len(notebook)], n.Tags...),
		created: enexTime(n.Created), updated: enexTime(n.Updated), modified: f.modified,
	}
	for _, res := range n.Resources {
		r.leave("attachments", cmp.Or(res.Name, res.Mime))
	}
	if n.Reminder != "" {
		r.leave("reminders", d.name)
	}
	if n.Latitude != "" {
		r.leave("places", d.name)
	}
	if n.Content.Encoding != "" {
		r.leave("encrypted notes", d.name)
		return
	}
	body, err := r.markdown(d.name, n.Content.XHTML)
	if err != nil {
		r.fail(d.name, err)
		return
	}
	for _, task := range n.Tasks {
		box := "- [ ] "
		if task.Status == "completed" {
			box = "- [x] "
		}
		body = strings.TrimLeft(body+"\n"+box+oneLine(task.Title), "\n")
		if task.Due != "" {
			r.leave("reminders", d.name)
		}
	}
	d.body = withSource(body, n.SourceURL)
	r.note(d)
}

// enexTime reads a time as Evernote writes it.
func enexTime(s string) time.Time {
	t, _ := time.Parse("20060102T150405Z", strings.TrimSpace(s))
	return t
}

package web_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/notesd/notesd/web"
)

// A page that names a file which is not embedded is a blank page, and one with
// an inline script or style is broken by the Content-Security-Policy.
func TestIndex(t *testing.T) {
	t.Parallel()
	files := web.FS()
	f, err := files.Open("index.html")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := html.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	scripts, sheets := 0, 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has the inline attribute %s=%q", n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "style":
			t.Error("index.html has an inline style")
		case "script":
			scripts++
			if n.FirstChild != nil {
				t.Errorf("index.html has an inline script: %q", n.FirstChild.Data)
			}
			mustExist(t, files, attr(n, "src"))
		case "link":
			if attr(n, "rel") == "stylesheet" {
				sheets++
			}
			mustExist(t, files, attr(n, "href"))
		}
	}
	if scripts == 0 || sheets == 0 {
		t.Errorf("index.html has %d scripts and %d style sheets", scripts, sheets)
	}
}

// Names with a hash are kept by browsers for a year, so no other may lie in
// assets.
func TestAssetsHaveHashes(t *testing.T) {
	t.Parallel()
	entries, err := fs.ReadDir(web.FS(), "assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
		if len(name) < 9 || name[len(name)-9] != '-' {
			t.Errorf("assets/%s has no hash in its name", e.Name())
		}
	}
}

func mustExist(t *testing.T, files fs.FS, url string) {
	t.Helper()
	name, ok := strings.CutPrefix(url, "/")
	if !ok {
		t.Errorf("%q is not the absolute path of a file of ours", url)
		return
	}
	if _, err := fs.Stat(files, name); err != nil {
		t.Errorf("index.html names a missing file: %v", err)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

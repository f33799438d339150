package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// TestSecurityNamesRealTests: security.md maps each promise to the tests that
// prove it. A test that was renamed must not leave its promise behind.
func TestSecurityNamesRealTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := declaredTests(t)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, match := range named {
		if !declared[match[1]] {
			t.Errorf("security.md names %s, which is no test", match[1])
		}
	}
	for _, match := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(string(page), -1) {
		file, anchor, _ := strings.Cut(match[1], "#")
		target := page
		if file != "" {
			if target, err = os.ReadFile(file); err != nil && !isFolder(file) {
				t.Errorf("security.md links to what is not there: %v", err)
			}
		}
		if anchor != "" && !headed(string(target), anchor) {
			t.Errorf("security.md links to %s, which has no such section", match[1])
		}
	}
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// headed reports whether a page has a section with this anchor.
func headed(page, anchor string) bool {
	for line := range strings.Lines(page) {
		title, ok := strings.CutPrefix(line, "## ")
		if ok && strings.Map(anchorRune, strings.ToLower(strings.TrimSpace(title))) == anchor {
			return true
		}
	}
	return false
}

func anchorRune(r rune) rune {
	switch {
	case r == ' ':
		return '-'
	case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-':
		return r
	}
	return -1
}

// declaredTests are the names of all Go tests of the repository.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	declared := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, match := range function.FindAllSubmatch(source, -1) {
			declared[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return declared
}

package deploy_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi/utils"
)

// names is a list of names, or an object with them as members.
type names []string

func (n *names) UnmarshalJSON(b []byte) error {
	var object map[string]any
	if json.Unmarshal(b, &object) == nil {
		*n = slices.Sorted(maps.Keys(object))
		return nil
	}
	return json.Unmarshal(b, (*[]string)(n))
}

type compose struct {
	Services map[string]struct {
		Build       struct{ Context, Dockerfile string }
		Environment map[string]string
		DependsOn   names `json:"depends_on"`
		Networks    names
		Volumes     []string
		Command     []string
	}
	Networks map[string]struct {
		Internal bool
		IPAM     struct{ Config []struct{ Subnet string } }
	}
	Volumes map[string]any
}

// TestCompose checks that what the file names is there.
func TestCompose(t *testing.T) {
	t.Parallel()
	text, err := utils.ConvertYAMLtoJSON([]byte(read(t, "compose.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	servers, members := []string{}, []string{}
	for name, s := range c.Services {
		for _, other := range s.DependsOn {
			if _, ok := c.Services[other]; !ok {
				t.Errorf("%s waits for %s, which is none", name, other)
			}
		}
		for _, network := range s.Networks {
			if _, ok := c.Networks[network]; !ok {
				t.Errorf("%s is on a network %s, which is none", name, network)
			}
		}
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if file, ok := strings.CutPrefix(source, "./"); ok {
				read(t, file)
			} else if _, ok := c.Volumes[source]; !ok {
				t.Errorf("%s keeps its data in %s, which is none", name, source)
			}
		}
		if s.Build.Context != "" {
			if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			servers = append(servers, name)
			subnets := c.Networks["front"].IPAM.Config
			if len(subnets) != 1 || s.Environment["NOTESD_TRUSTED_PROXY"] != subnets[0].Subnet {
				t.Errorf("%s believes %s, and the proxy is in %v", name, s.Environment["NOTESD_TRUSTED_PROXY"], subnets)
			}
		}
		if slices.Contains(s.Command, "mongod") {
			members = append(members, name)
			if !slices.Equal(s.Networks, names{"store"}) || !c.Networks["store"].Internal {
				t.Errorf("%s can be reached from elsewhere", name)
			}
		}
	}
	slices.Sort(servers)
	slices.Sort(members)
	for _, name := range servers {
		if want := "mongodb://" + strings.Join(members, ",") + "/"; !strings.HasPrefix(c.Services[name].Environment["NOTESD_STORE"], want) {
			t.Errorf("%s keeps its notes in %s, not in %s", name, c.Services[name].Environment["NOTESD_STORE"], want)
		}
	}
	if upstream, want := c.Services["caddy"].Environment["NOTES_UPSTREAM"], strings.Join(servers, ":7070 ")+":7070"; len(servers) != 2 || upstream != want {
		t.Errorf("Caddy asks %s, not %s", upstream, want)
	}
}

var (
	goVersion = regexp.MustCompile(`(?m)^go (\d+\.\d+)`)
	copied    = regexp.MustCompile(`-X github.com/notesd/notesd/([a-z/]+)\.(\w+)=`)
)

// TestDockerfile checks that the image is built with the Go version that go.mod
// asks for, and that the variables it sets are there.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	dockerfile := read(t, "Dockerfile")
	version := goVersion.FindStringSubmatch(read(t, "../go.mod"))
	if version == nil || !strings.Contains(dockerfile, "FROM golang:"+version[1]+" ") {
		t.Errorf("it is not built with Go %v", version)
	}
	set := copied.FindAllStringSubmatch(dockerfile, -1)
	if len(set) != 2 {
		t.Errorf("it sets %v", set)
	}
	for _, m := range set {
		if source := read(t, "../"+m[1]+"/version.go"); !regexp.MustCompile(`\b` + m[2] + `\s+(string|=)`).MatchString(source) {
			t.Errorf("%s has no variable %s", m[1], m[2])
		}
	}
}

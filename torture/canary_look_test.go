//go:build linux

package torture

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// processes is what anybody, or the same user, can read of a process and its
// children.
func processes(t *testing.T, pid int) string {
	t.Helper()
	var all strings.Builder
	pids := []string{fmt.Sprint(pid)}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		pids = append(pids, strings.Fields(string(children))...)
	}
	for _, p := range pids {
		for _, file := range []string{"cmdline", "environ", "comm"} {
			text, err := os.ReadFile("/proc/" + p + "/" + file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	if !strings.Contains(all.String(), "--admin-addr") {
		t.Errorf("the list of processes is %q", all.String())
	}
	return all.String()
}

// checkLog wants whole lines in UTC, and what an operator must be able to find.
func checkLog(t *testing.T, log string) {
	t.Helper()
	var seen []string
	lines := bufio.NewScanner(strings.NewReader(log))
	for lines.Scan() {
		var line struct {
			Time      string `json:"time"`
			Msg       string `json:"msg"`
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("not a line of the log: %s", lines.Text())
			continue
		}
		if at, err := time.Parse(time.RFC3339Nano, line.Time); err != nil || !strings.HasSuffix(line.Time, "Z") || time.Since(at).Abs() > time.Hour {
			t.Errorf("not a time in UTC: %s", lines.Text())
		}
		seen = append(seen, line.Msg)
		if event := line.Msg; slices.Contains(audited, event) && !api.ValidID(line.RequestID) {
			t.Errorf("without a request id: %s", lines.Text())
		}
	}
	for _, event := range audited {
		if !slices.Contains(seen, event) {
			t.Errorf("the log has no %q", event)
		}
	}
}

// audited is what must be in the log of TestCanaries.
var audited = []string{"request", "request failed", "user created", "login", "login failed", "login throttled"}

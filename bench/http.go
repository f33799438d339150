package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	_ "modernc.org/sqlite"

	"github.com/notesd/notesd/pkg/api"
)

var connections = []int{1, 8, 64}

// list measures GET /notes against a bare Fiber handler with the same answer.
func (b *bench) list(ctx context.Context) ([]row, error) {
	url := b.srv.url + api.Prefix + "/notes"
	answer, err := b.get(ctx, url)
	if err != nil {
		return nil, err
	}
	bare, stop, err := bareFiber(ctx, answer)
	if err != nil {
		return nil, err
	}
	defer stop()
	var rows []row
	for _, n := range connections {
		rates, err := b.best(
			func() (float64, error) { return b.wrk(ctx, url, n, "") },
			func() (float64, error) { return b.wrk(ctx, bare, n, "") })
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("list %d notes (%.1f KiB), %s, SQLite", listed, float64(len(answer))/1024, plural(n, "connection"))
		rows = append(rows, rateRow(what, rates, "a bare Fiber handler"))
	}
	rows[1].target = "at least 0.35"
	return rows, nil
}

func rateRow(what string, rates [2]float64, beside string) row {
	return row{
		what:   what,
		notes:  fmt.Sprintf("%.0f/s", rates[0]),
		beside: fmt.Sprintf("%.0f/s, %s", rates[1], beside),
		ratio:  rates[0] / rates[1],
	}
}

// rounds is how often each side of a row has its turn.
const rounds = 3

// slice is how long a turn takes: a second at least, because wrk counts in them.
func (b *bench) slice() time.Duration { return max(b.cell/rounds, time.Second) }

// best measures two rates in turn and returns the best of each: what else the
// machine does only makes them worse.
func (b *bench) best(ours, theirs func() (float64, error)) (rates [2]float64, err error) {
	for range rounds {
		for i, measure := range []func() (float64, error){ours, theirs} {
			rate, err := measure()
			if err != nil {
				return rates, err
			}
			rates[i] = max(rates[i], rate)
		}
	}
	return rates, nil
}

func (b *bench) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+b.srv.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return io.ReadAll(res.Body)
}

// bareFiber serves one answer on a free port.
func bareFiber(ctx context.Context, answer []byte) (url string, stop func(), err error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(answer)
	})
	go func() { _ = app.Listener(ln) }()
	return "http://" + ln.Addr().String() + "/", func() { _ = app.Shutdown() }, nil
}

// addScript makes wrk add a note with each request.
const addScript = `
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"title":"` + addTitle + `","body":"` + addBody + `"}'
`

const addTitle, addBody = "A note to be on disk", "Milk, bread and a line of text as people write them."

// add measures POST /notes against one SQLite connection without a server, which
// commits one row at a time. Concurrent adds may share a commit; those rows may
// not.
func (b *bench) add(ctx context.Context) ([]row, error) {
	script := filepath.Join(b.dir, "add.lua")
	if err := os.WriteFile(script, []byte(addScript), 0o600); err != nil {
		return nil, err
	}
	var rows []row
	for _, n := range connections {
		rates, err := b.best(
			func() (float64, error) { return b.wrk(ctx, b.srv.url+api.Prefix+"/notes", n, script) },
			func() (float64, error) { return b.bareSQLite(ctx) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, rateRow(fmt.Sprintf("durable add, %s, SQLite", plural(n, "connection")), rates, "one SQLite connection"))
	}
	rows[2].target = "at least 1.5"
	return rows, nil
}

// bareSQLite returns how many rows a second one connection commits.
func (b *bench) bareSQLite(ctx context.Context) (float64, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "bare.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, title TEXT, body TEXT, updated_at INTEGER)`); err != nil {
		return 0, err
	}
	insert, err := db.PrepareContext(ctx, `INSERT INTO notes VALUES (?, ?, ?, ?)`)
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	n, start := 0, time.Now()
	for ; time.Since(start) < b.slice(); n++ {
		if _, err := insert.ExecContext(ctx, api.NewID(), addTitle, addBody, n); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

var (
	wrkRate   = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	wrkErrors = regexp.MustCompile(`Non-2xx or 3xx responses: \d+|Socket errors: .*`)
)

// wrk returns how many requests a second are answered to so many connections
// that wait for nothing. An answer that is an error is an error.
func (b *bench) wrk(ctx context.Context, url string, connections int, script string) (float64, error) {
	args := []string{
		"-t", strconv.Itoa(min(connections, 2)), "-c", strconv.Itoa(connections), "-d", strconv.Itoa(int(b.slice().Seconds())),
		"-H", "Authorization: Bearer " + b.srv.token,
	}
	if script != "" {
		args = append(args, "-s", script)
	}
	out, err := exec.CommandContext(ctx, "wrk", append(args, url)...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk (apt-get install wrk): %w\n%s", err, out)
	}
	if failed := wrkErrors.Find(out); failed != nil {
		return 0, fmt.Errorf("wrk: %s", failed)
	}
	rate := wrkRate.FindSubmatch(out)
	if rate == nil {
		return 0, fmt.Errorf("wrk says no rate:\n%s", out)
	}
	return strconv.ParseFloat(string(rate[1]), 64)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
)

func newOpen(a *app) *cobra.Command {
	var toPrint bool
	cmd := &cobra.Command{
		Use:   "open [ID]",
		Short: "Open the dashboard, or a note in it",
		Long: `Open the server's dashboard, or a note in it, in your browser: BROWSER, or the
one of your desktop. The dashboard asks for a login of its own: no token is in the
address. Where there is no browser to be seen, as over ssh, the address is printed.`,
		Example: `  notes open
  notes open k3
  notes open k3 --print`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, words []string) error {
			url, err := a.dashboardURL(cmd.Context(), words)
			if err != nil {
				return err
			}
			browser := a.browser(url)
			if toPrint || browser == nil {
				_, err := fmt.Fprintln(a.out, url)
				return err
			}
			browser.Stdin, browser.Stdout, browser.Stderr = a.in, a.out, a.errOut
			if err := a.foreground(browser.Run, ours); err != nil { // it may be one for the terminal
				return withHint(fmt.Errorf("the browser: %w", err), "open it yourself: %s", url)
			}
			a.say("opened %s", url)
			return nil
		},
		ValidArgsFunction: a.completeIDs(),
	}
	cmd.Flags().BoolVar(&toPrint, "print", false, "print the address, and open nothing")
	return cmd
}

// dashboardURL is the address of the dashboard, or of the note that words name.
func (a *app) dashboardURL(ctx context.Context, words []string) (string, error) {
	server, err := a.serverURL()
	if err != nil || len(words) == 0 {
		return server + "/", err
	}
	c, err := a.client()
	if err != nil {
		return "", err
	}
	id, err := noteID(ctx, c, words[0])
	return server + "/notes/" + id, err
}

// browser opens a URL; nil: nobody would see it.
func (a *app) browser(url string) *exec.Cmd {
	if line := strings.TrimSpace(a.getenv("BROWSER")); line != "" {
		return editorCommand(line, url)
	}
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	default:
		if a.getenv("DISPLAY") == "" && a.getenv("WAYLAND_DISPLAY") == "" {
			return nil
		}
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil
	}
	cmd := exec.CommandContext(context.Background(), command[0], append(command[1:], url)...) //nolint:gosec // the desktop's own
	cmd.Env = withoutLogin(cmd.Environ())
	return cmd
}

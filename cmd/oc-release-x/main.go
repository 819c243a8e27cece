// Command oc-release-x is a plugin for oc and kubectl that reads OpenShift release images.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // clusters whose kubeconfig asks a provider for tokens

	"github.com/release-x/oc-release-x/pkg/plugin"
)

// grace is how long a command may take to clean up after a signal.
const grace = 800 * time.Millisecond

// memory is how much a command may take before the collector works harder; it is no hard limit.
const memory = 200 << 20

func main() {
	debug.SetMemoryLimit(memory)
	if plugin.Completes(os.Args[1:]) {
		silence()
	}
	// When the reader of a pipe leaves, a write returns an error instead of ending the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan int, 1)
	go func() { done <- plugin.Execute(ctx, environment(), os.Args[1:]) }()
	select {
	case code := <-done:
		os.Exit(code)
	case s := <-signals:
		interrupted := plugin.Interrupted{Signal: s.(syscall.Signal)}
		cancel(interrupted)
		select {
		case <-done:
		case <-time.After(grace):
		}
		os.Exit(plugin.ExitCode(interrupted))
	}
}

// silence discards what is printed on standard error, also by libraries that print there themselves.
func silence() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

func environment() plugin.Environment {
	home, _ := os.UserHomeDir()       // without one there are no credentials in it
	cacheHome, _ := os.UserCacheDir() // without one nothing is kept
	return plugin.Environment{
		Streams:   plugin.FileStreams(os.Stdin, os.Stdout, os.Stderr),
		Getenv:    os.Getenv,
		Home:      home,
		CacheHome: cacheHome,
		UID:       strconv.Itoa(os.Getuid()),
		Name:      calledAs(os.Args[0]),
	}
}

// calledAs is the command that a user typed to get here: kubectl looks for kubectl-release_x, oc for both
// names and for oc-release_x first.
func calledAs(program string) string {
	if strings.HasPrefix(filepath.Base(program), "kubectl-") {
		return "kubectl release-x"
	}
	return "oc release-x"
}

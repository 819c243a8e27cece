// Command oc-release-x is a plugin for oc and kubectl that reads OpenShift release images.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // for kubeconfigs that get tokens from a provider

	"github.com/release-x/oc-release-x/pkg/plugin"
)

// cleanupTimeout is the time that a command gets to clean up after a signal.
const cleanupTimeout = 800 * time.Millisecond

// Limits of the garbage collector, in bytes.
const (
	firstCollection = 64 << 20  // with less memory in use, nothing is collected
	memoryLimit     = 200 << 20 // beyond it, more is collected
)

// delayCollection turns the garbage collector off until memory has grown, because most commands end before that. GOGC and
// GOMEMLIMIT of the user are obeyed instead.
func delayCollection() {
	_, percent := os.LookupEnv("GOGC")
	_, limit := os.LookupEnv("GOMEMLIMIT")
	if percent || limit {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(firstCollection)
	const usualPercent = 100
	// The first collection finds out that nothing refers to the value.
	runtime.AddCleanup(new([64]byte), func(int64) {
		debug.SetGCPercent(usualPercent)
		debug.SetMemoryLimit(memoryLimit)
	}, 0)
}

func main() {
	delayCollection()
	if plugin.Completes(os.Args[1:]) {
		discardStderr()
	}
	// With SIGPIPE caught, a write to a closed pipe returns an error instead of ending the process.
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
		case <-time.After(cleanupTimeout):
		}
		os.Exit(plugin.ExitCode(interrupted))
	}
}

// discardStderr discards standard error, including the output of libraries that print there themselves.
func discardStderr() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

func environment() plugin.Environment {
	home, _ := os.UserHomeDir()       // "" means no credentials in it
	cacheHome, _ := os.UserCacheDir() // "" means no cache
	return plugin.Environment{
		Streams:   plugin.FileStreams(os.Stdin, os.Stdout, os.Stderr),
		Getenv:    os.Getenv,
		Home:      home,
		CacheHome: cacheHome,
		UID:       strconv.Itoa(os.Getuid()),
		Name:      calledAs(os.Args[0]),
	}
}

// calledAs returns the command that the user typed. kubectl looks for kubectl-release_x, oc for oc-release_x and then for
// kubectl-release_x.
func calledAs(program string) string {
	if strings.HasPrefix(filepath.Base(program), "kubectl-") {
		return "kubectl release-x"
	}
	return "oc release-x"
}

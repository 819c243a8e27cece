package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/release-x/oc-release-x/internal/testguard"
)

// TestMain makes the test binary the program itself, so that tests can start it as a process.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program returns a process of the program, called by a name.
func program(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, args...)
	command.Args[0] = name
	command.Env = append(os.Environ(), "BE_THE_PROGRAM=yes", "HOME="+t.TempDir(), "OCP_RELEASE_IMAGE=")
	return command
}

// wait waits for a process to end.
func wait(t *testing.T, command *exec.Cmd) (err error) {
	t.Helper()
	testguard.Finishes(t, command.String(), func() { err = command.Wait() })
	return err
}

// code returns the exit code of a process that ended by itself.
func code(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

func TestDemoRelease(t *testing.T) {
	out, err := program(t, "oc-release_x", "images", "oci:"+filepath.Join("..", "..", "examples", "release"), "etcd", "-o", "name").Output()
	if err != nil || string(out) != "etcd\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestCalledAs(t *testing.T) {
	for name, want := range map[string]string{
		"kubectl-release_x": "kubectl release-x", "/usr/local/bin/oc-release_x": "oc release-x", "oc-release-x": "oc release-x",
	} {
		out, err := program(t, name, "--help").Output()
		if err != nil || !strings.Contains(string(out), "\nUsage:    "+want+" COMMAND [RELEASE] [NAME...] [flags]\n") {
			t.Errorf("%s: %v, %s", name, err, out)
		}
	}
}

// cobra would print the mistake in this command line on standard error.
func TestCompletionIsQuiet(t *testing.T) {
	var out, errOut bytes.Buffer
	command := program(t, "oc-release_x", "__complete", "images", "--nothing", "")
	command.Stdout, command.Stderr = &out, &errOut
	if err := command.Run(); err != nil || out.String() != ":0\n" || errOut.Len() > 0 {
		t.Errorf("got %q, stderr %q, %v", out.String(), errOut.String(), err)
	}
}

func TestClosedPipe(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	var errOut bytes.Buffer
	command := program(t, "oc-release_x", "info", "oci:"+filepath.Join("..", "..", "examples", "release"), "-o", "json")
	command.Stdout, command.Stderr = write, &errOut
	if got := code(t, command.Run()); got != 0 || errOut.Len() > 0 {
		t.Errorf("exit code %d, stderr %q; want a quiet 0", got, errOut.String())
	}
}

func TestFullOutputDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	var errOut bytes.Buffer
	command := program(t, "oc-release_x", "images", "oci:"+filepath.Join("..", "..", "examples", "release"))
	command.Stdout, command.Stderr = full, &errOut
	if got := code(t, command.Run()); got != 8 || errOut.String() != "error: write /dev/stdout: no space left on device\n" {
		t.Errorf("exit code %d, stderr %q", got, errOut.String())
	}
}

// A signal ends a command that waits for its input.
func TestInterrupts(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		command := program(t, "oc-release_x", "images", "-", "-v=1")
		stdin, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		// This is more than a pipe holds, so the program has read some of it. It waits for more, with its handlers
		// installed.
		if _, err := io.WriteString(stdin, strings.Repeat(" ", 1<<20)); err != nil {
			t.Fatal(err)
		}
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if got := code(t, wait(t, command)); got != want {
			t.Errorf("%v: exit code %d, want %d", signal, got, want)
		}
	}
}

package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Limits of what packages do before main, a tenth above the measured values: cli-runtime's flags bring the scheme of the
// Kubernetes API. Counts are the same on every machine, unlike times, which bench/ measures.
const (
	mostPackages    = 350    // that initialize something
	mostAllocations = 31_000 // in all of them
	mostBytes       = 3_750_000
)

// start has the work of packages before main.
type start struct{ packages, allocations, bytes int }

func TestStart(t *testing.T) {
	command := program(t, "oc-release_x", "version")
	command.Env = append(command.Env, "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	command.Stderr = &trace
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, command); err != nil {
		t.Fatalf("%v\n%s", err, trace.String())
	}
	got := readTrace(t, trace.String(), ownPackages(t))
	t.Logf("%d packages, %d allocations, %d bytes", got.packages, got.allocations, got.bytes)
	if got.packages == 0 || got.packages > mostPackages || got.allocations > mostAllocations || got.bytes > mostBytes {
		t.Errorf("got %+v, want 1 to %d packages, at most %d allocations and %d bytes: GODEBUG=inittrace=1 shows the work of each package",
			got, mostPackages, mostAllocations, mostBytes)
	}
}

// ownPackages returns the packages of the program: the measured process also has those of the tests.
func ownPackages(t *testing.T) map[string]bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{"main": true}
	for _, name := range strings.Fields(string(out)) {
		own[name] = true
	}
	return own
}

// readTrace adds up lines such as "init strings @1.0 ms, 0.01 ms clock, 96 bytes, 2 allocs".
func readTrace(t *testing.T, trace string, own map[string]bool) start {
	t.Helper()
	var sum start
	for lines := bufio.NewScanner(strings.NewReader(trace)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 11 || words[0] != "init" || !own[words[1]] {
			continue
		}
		size, err := strconv.Atoi(words[7])
		if err != nil {
			t.Fatal(err)
		}
		allocations, err := strconv.Atoi(words[9])
		if err != nil {
			t.Fatal(err)
		}
		sum = start{sum.packages + 1, sum.allocations + allocations, sum.bytes + size}
	}
	return sum
}

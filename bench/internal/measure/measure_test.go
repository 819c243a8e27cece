package measure_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/internal/testguard"
)

// The test binary is launcher and measured program too: the first argument says which.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "launcher":
		if err := measure.Launch(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(os.Args) > 1 && os.Args[1] == "allocate":
		data := make([]byte, 96<<20)
		for i := range data {
			data[i] = byte(i)
		}
		fmt.Println(len(data), os.Getenv("WHO"))
	case len(os.Args) > 1 && os.Args[1] == "spin":
		for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
		}
	case len(os.Args) > 1 && os.Args[1] == "fail":
		fmt.Fprintln(os.Stderr, "Usage of it\nerror: no such image")
		os.Exit(4)
	default:
		os.Exit(m.Run())
	}
}

func TestRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, limit time.Duration, args ...string) (measure.Sample, string, error) {
		t.Helper()
		dir := t.TempDir()
		s, err := measure.Run([]string{self, "launcher"}, measure.Command{
			Args: args, Env: []string{"WHO=bench"}, Dir: dir,
			Stdout: filepath.Join(dir, "out"), Stderr: filepath.Join(dir, "err"), Limit: limit,
		})
		out, readErr := os.ReadFile(filepath.Join(dir, "out"))
		if readErr != nil {
			t.Fatal(readErr)
		}
		return s, string(out), err
	}

	// This process is larger than what it measures: that must not show.
	ballast := make([]byte, 256<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	t.Run("memory", func(t *testing.T) {
		s, out, err := run(t, time.Minute, self, "allocate")
		if err != nil || out != "100663296 bench\n" {
			t.Fatalf("got %q, %v", out, err)
		}
		if s.RSS < 96<<20 || s.RSS > 160<<20 {
			t.Errorf("96 MiB were measured as %d bytes", s.RSS)
		}
	})
	t.Run("processor", func(t *testing.T) {
		s, _, err := run(t, time.Minute, self, "spin")
		if err != nil {
			t.Fatal(err)
		}
		if s.Wall < 100*time.Millisecond || s.CPU <= 0 || s.RSS <= 0 || s.RSS > 96<<20 {
			t.Errorf("100 ms of work were measured as %+v", s)
		}
	})
	t.Run("a pipe counts with all its processes", func(t *testing.T) {
		s, out, err := run(t, time.Minute, "/bin/sh", "-c", `"$0" allocate | cat; "$0" spin`, self)
		if err != nil || out != "100663296 bench\n" {
			t.Fatalf("got %q, %v", out, err)
		}
		if s.RSS < 96<<20 || s.Wall < 100*time.Millisecond {
			t.Errorf("measured %+v", s)
		}
	})
	t.Run("failure", func(t *testing.T) {
		_, _, err := run(t, time.Minute, self, "fail")
		if err == nil || err.Error() != "exit status 4: error: no such image" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("limit", func(t *testing.T) {
		testguard.Finishes(t, "a command that does not end", func() {
			_, _, err := run(t, 50*time.Millisecond, "/bin/sh", "-c", "sleep 600 | sleep 600")
			if err == nil || err.Error() != "not done after 50ms" {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("no such program", func(t *testing.T) {
		_, _, err := run(t, time.Minute, "/nowhere/oc")
		if err == nil || !strings.Contains(err.Error(), "no such file or directory") {
			t.Errorf("got %v", err)
		}
	})
	if ballast[len(ballast)-1] != 1 {
		t.Error("the ballast is gone")
	}
}

func TestSeries(t *testing.T) {
	tests := []struct {
		series                  measure.Series
		median, least, greatest float64
		other                   measure.Series
		ratio                   float64
	}{
		{measure.Series{3, 1, 2}, 2, 1, 3, measure.Series{4}, 0.5},
		{measure.Series{4, 1, 3, 2}, 2.5, 1, 4, measure.Series{10, 0, 5}, 0.5},
		{measure.Series{7}, 7, 7, 7, measure.Series{0}, math.NaN()},
		{measure.Series{1, 1, 100}, 1, 1, 100, nil, math.NaN()},
		{nil, math.NaN(), math.NaN(), math.NaN(), measure.Series{1}, math.NaN()},
	}
	same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
	for _, test := range tests {
		least, greatest := test.series.Spread()
		if got := test.series.Median(); !same(got, test.median) || !same(least, test.least) || !same(greatest, test.greatest) {
			t.Errorf("%v: median %v of %v to %v, want %v of %v to %v", test.series, got, least, greatest, test.median, test.least, test.greatest)
		}
		if got := test.series.Ratio(test.other); !same(got, test.ratio) {
			t.Errorf("%v in %v: %v, want %v", test.series, test.other, got, test.ratio)
		}
	}
}

func TestMachineIsNamed(t *testing.T) {
	m := measure.ThisMachine()
	if m.Cores < 1 || m.CPU == "" || m.Memory == "" || m.Kernel == "" || !strings.HasPrefix(m.Go, "go") || measure.LoadAverage() == "" {
		t.Errorf("got %+v, load %q", m, measure.LoadAverage())
	}
}

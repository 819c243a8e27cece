package contest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/release-x/oc-release-x/bench/internal/served"
)

// Verdict is what a contestant does with a release whose bytes are not those that were promised.
type Verdict struct{ Name, Does string }

// Tempt has the cold contestants of a job read a forged release on loopback.
func (r *Runner) Tempt(job Job, address string, tampered served.Release) ([]Verdict, error) {
	var verdicts []Verdict
	for _, c := range job.Contestants {
		if c.Warm {
			continue
		}
		does := r.Programs.Missing(c)
		if does == "" {
			var err error
			if does, err = r.tempt(c, address, tampered); err != nil {
				return nil, err
			}
		}
		verdicts = append(verdicts, Verdict{c.Name, does})
	}
	return verdicts, nil
}

func (r *Runner) tempt(c Contestant, address string, tampered served.Release) (string, error) {
	work, err := os.MkdirTemp(r.Temp, "run-")
	if err != nil {
		return "", fmt.Errorf("making a directory: %w", err)
	}
	_, _, failure := r.in(work, c, Way{Address: address}, []served.Release{tampered}, "")
	said, err := os.ReadFile(filepath.Join(work, "stderr"))
	if err != nil {
		return "", err
	}
	out, err := os.ReadFile(filepath.Join(work, "stdout"))
	if err != nil {
		return "", err
	}
	switch printed := c.Check(Place{Release: tampered, Work: work}, out) == nil; {
	case printed && failure == nil && len(said) == 0:
		return "accepts it without a word", nil
	case printed: // in a pipe the exit code is that of the last program
		return "gives all of it out, and complains after that", nil
	case strings.HasPrefix(failure.Error(), "exit status"):
		status, _, _ := strings.Cut(failure.Error(), ":")
		return fmt.Sprintf("refuses it (%s)", status), nil
	default:
		return failure.Error(), nil
	}
}

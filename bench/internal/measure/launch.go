package measure

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Command is a program to run once.
type Command struct {
	Args   []string      // the path of the program and its arguments
	Env    []string      // all of its environment
	Dir    string        // where it runs
	Stdout string        // the file for its standard output
	Stderr string        // the file for its standard error
	Limit  time.Duration // it is ended after this time
}

// Sample is what one run cost, with all processes that the program started and waited for.
type Sample struct {
	Wall time.Duration
	CPU  time.Duration // user and system
	RSS  int64         // bytes at the peak, of the process that had most
}

// result is what a launcher answers.
type result struct {
	Sample Sample
	Err    string
}

// Run runs a command through a launcher: a process that does nothing but call Launch. The kernel counts the memory
// of the process that starts a program into the peak of that program, so it must not be the one that serves
// a registry.
func Run(launcher []string, c Command) (Sample, error) {
	request, err := json.Marshal(c)
	if err != nil {
		return Sample{}, fmt.Errorf("launching: %w", err)
	}
	cmd := exec.Command(launcher[0], launcher[1:]...)
	cmd.Stdin = strings.NewReader(string(request))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return Sample{}, fmt.Errorf("launching %s: %w", c.Args[0], err)
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		return Sample{}, fmt.Errorf("launching %s: %w", c.Args[0], err)
	}
	if r.Err != "" {
		return r.Sample, fmt.Errorf("%s%s", r.Err, lastWords(c.Stderr))
	}
	return r.Sample, nil
}

// lastWords is the end of what a program said before it failed, on one line.
func lastWords(file string) string {
	data, err := os.ReadFile(file)
	text := strings.TrimSpace(string(data))
	if err != nil || text == "" {
		return ""
	}
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return ": " + text
}

// Launch reads a command, runs it, and writes what it cost: the whole work of a launcher.
func Launch(in io.Reader, out io.Writer) error {
	var c Command
	if err := json.NewDecoder(in).Decode(&c); err != nil {
		return fmt.Errorf("launching: %w", err)
	}
	var r result
	sample, err := launch(c)
	r.Sample = sample
	if err != nil {
		r.Err = err.Error()
	}
	if err := json.NewEncoder(out).Encode(r); err != nil {
		return fmt.Errorf("launching: %w", err)
	}
	return nil
}

func launch(c Command) (Sample, error) {
	stdout, err := os.Create(c.Stdout)
	if err != nil {
		return Sample{}, err
	}
	defer stdout.Close()
	stderr, err := os.Create(c.Stderr)
	if err != nil {
		return Sample{}, err
	}
	defer stderr.Close()
	cmd := exec.Cmd{
		Path: c.Args[0], Args: c.Args, Env: c.Env, Dir: c.Dir, Stdout: stdout, Stderr: stderr,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true}, // so that a pipe ends as a whole
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Sample{}, err
	}
	limit := time.AfterFunc(c.Limit, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err = cmd.Wait()
	s := Sample{Wall: time.Since(start)}
	if !limit.Stop() {
		err = fmt.Errorf("not done after %v", c.Limit)
	}
	s.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return s, errors.Join(err, errors.New("this system does not tell what a process used"))
	}
	s.RSS = int64(usage.Maxrss)
	if runtime.GOOS == "linux" { // in kilobytes there, in bytes on macOS
		s.RSS *= 1024
	}
	return s, err
}

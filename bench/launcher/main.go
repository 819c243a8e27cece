// Command launcher runs one program for the bench and writes what it cost. It is a program of its own, and as small
// as can be, because the kernel counts the memory of the process that starts a program into that program's peak.
package main

import (
	"fmt"
	"os"

	"github.com/release-x/oc-release-x/bench/internal/measure"
)

func main() {
	if err := measure.Launch(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

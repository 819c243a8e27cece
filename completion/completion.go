// Package completion holds the scripts that kubectl and oc call to complete the words after "release-x". They look on the
// PATH for a program kubectl_complete-release_x or oc_complete-release_x and pass it these words.
package completion

import "embed"

// Scripts are the scripts by file name. Those for Windows end in .cmd.
//
//go:embed kubectl_complete-release_x oc_complete-release_x kubectl_complete-release_x.cmd oc_complete-release_x.cmd
var Scripts embed.FS

// Mark is a text in every script of every version. It distinguishes the scripts from other files.
const Mark = "oc-release-x: completes "

// Names returns the names of the scripts for an operating system, such as linux.
func Names(system string) []string {
	if system == "windows" {
		return []string{"kubectl_complete-release_x.cmd", "oc_complete-release_x.cmd"}
	}
	return []string{"kubectl_complete-release_x", "oc_complete-release_x"}
}

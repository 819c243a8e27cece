// Package completion holds the scripts by which kubectl and oc complete the words after "release-x". They look on the
// PATH for a program called kubectl_complete-release_x or oc_complete-release_x and give it those words.
package completion

import "embed"

// Scripts are the scripts by file name. Those for Windows end in .cmd.
//
//go:embed kubectl_complete-release_x oc_complete-release_x kubectl_complete-release_x.cmd oc_complete-release_x.cmd
var Scripts embed.FS

// Mark is in every script, of every version: it tells the scripts from files of other people.
const Mark = "oc-release-x: completes "

// Names are the names of the scripts for an operating system, as Go calls it.
func Names(system string) []string {
	if system == "windows" {
		return []string{"kubectl_complete-release_x.cmd", "oc_complete-release_x.cmd"}
	}
	return []string{"kubectl_complete-release_x", "oc_complete-release_x"}
}

// Package shellword quotes values for commands that are printed, so that a user can paste them into a shell.
package shellword

import "strings"

// plain are the characters that no shell changes, wherever they stand in a word.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"

// Quote returns a word of a POSIX shell for a value: the value itself if no shell changes it, else the value in single quotes.
func Quote(value string) string {
	if value != "" && strings.Trim(value, plain) == "" {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// Join returns a command line of quoted words.
func Join(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Quote(word)
	}
	return strings.Join(quoted, " ")
}

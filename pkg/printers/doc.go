// Package printers turns documents into bytes: tables and lines for people, cli-runtime's JSON, YAML and
// templates, custom columns and jq for scripts, and the text forms of single commands.
//
// A document is marshalled once. cli-runtime's printers get it as unstructured content, jq gets the same
// JSON with its numbers exact.
package printers

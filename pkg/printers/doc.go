// Package printers turns documents into bytes: tables and lines for people, JSON, YAML, templates, custom columns and jq for
// scripts, and the text forms of single commands.
//
// The forms of kubectl are byte for byte those of cli-runtime's printers.
package printers

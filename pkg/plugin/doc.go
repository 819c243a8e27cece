// Package plugin is the command line: one file a command. A command reads its flags and arguments, asks the
// packages below for a release, makes a document of it and hands that to package printers.
package plugin

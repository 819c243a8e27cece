// Package completion tests completion in shells and through kubectl. Tests of a shell that is not installed are skipped.
package completion

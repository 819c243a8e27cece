// Package completion tests the completion of words in the shells and through kubectl. A test whose shell is not here is
// skipped.
package completion

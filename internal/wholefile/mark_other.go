//go:build !linux && !darwin

package wholefile

// setMark does nothing: directories cannot be marked on this system.
func setMark(string, string) {}

// readMark is "": directories cannot be marked on this system.
func readMark(string) string { return "" }

//go:build !linux && !darwin

package wholefile

// setMark does nothing: folders cannot be marked here.
func setMark(string, string) {}

// readMark is "": folders cannot be marked here.
func readMark(string) string { return "" }

package contest

// CopyCommands are the command lines of all ways to copy a release, by their names.
func CopyCommands(p Place) map[string][]string {
	commands := map[string][]string{}
	for _, copier := range copiers() {
		for _, way := range copier.ways {
			commands[way.Name] = way.Args(p)
		}
	}
	return commands
}

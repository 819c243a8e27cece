package contest

// CopyCommands are the command lines of all ways to copy a release, by their names.
func CopyCommands(p Place) map[string][]string {
	return commandsOf(copiers(), p)
}

// CarryCommands are the command lines of all ways to pull a release and to load it, by their names.
func CarryCommands(p Place) map[string][]string {
	pulls := []Contestant{pull("", "pull to a directory", directory), pull("", "pull to an archive", archive)}
	return commandsOf(append(loaders(), copier{ways: pulls}), p)
}

func commandsOf(all []copier, p Place) map[string][]string {
	commands := map[string][]string{}
	for _, copier := range all {
		for _, way := range copier.ways {
			commands[way.Name] = way.Args(p)
		}
	}
	return commands
}

"""The command line: flags to calls, outcome to an exit code. One file a command."""

"""The command line: one thin module per verb, each also a function to call from Python."""

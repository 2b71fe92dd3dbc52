"""The words of the command line: one file a family, each with one `add` that adds its verbs."""

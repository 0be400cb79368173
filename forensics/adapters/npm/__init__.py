"""Projects of npm: what their package.json files say, and which version of a package runs."""

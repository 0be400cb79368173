"""TypeScript and JavaScript, parsed and never run."""

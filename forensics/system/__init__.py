"""Files, folders, signals and Node.js: used safely, and cleaned up however a run ends."""

"""The behaviour model: what each of drizzle-kit's commands would do."""

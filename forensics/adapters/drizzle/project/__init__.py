"""Where a project uses drizzle-kit, in which version, with which settings."""

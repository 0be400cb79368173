"""What every release of drizzle-kit from 0.21 to 0.31 does with one tiny project, as recorded."""

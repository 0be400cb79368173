"""The traps of drizzle-kit 0.x: states built with the real tool, kept, and judged by the product."""

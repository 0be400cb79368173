"""The mark that drizzle-kit puts between the statements of a migration."""

BREAKPOINT = "--> statement-breakpoint"
BREAKPOINT_LINE = f"{BREAKPOINT}\n"
"""As drizzle-kit writes it; `migrate()` splits a file at the mark alone."""

"""Prisma Migrate in the lab: the real CLIs 6 and 7, on states of a small project."""

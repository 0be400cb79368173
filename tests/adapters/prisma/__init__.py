"""The adapter of Prisma Migrate."""

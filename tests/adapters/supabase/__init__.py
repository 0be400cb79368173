"""The adapter of the Supabase CLI."""

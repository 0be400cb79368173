"""What `up` of drizzle 1.0 makes of folders of 0.x, and what the other commands do afterwards."""

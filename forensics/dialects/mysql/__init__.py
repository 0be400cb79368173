"""MySQL and MariaDB: how they read SQL, what it does to their catalogue, and what they say."""

"""A look at MySQL and MariaDB."""

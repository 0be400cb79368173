"""What a script did to a scratch database, seen as the superuser: out of reach of the script."""

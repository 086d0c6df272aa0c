"""What reading one PDF may cost; tests make it less."""

SECONDS = 40.0
MEGABYTES = 768

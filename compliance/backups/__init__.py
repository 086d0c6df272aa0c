"""Backup and restore of the whole installation: database, sealed files and, if asked, keys."""

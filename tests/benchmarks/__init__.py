"""Measurements of the work that users wait for, each beside a limit or a peer of the same run."""

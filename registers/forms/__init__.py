"""Typed forms: records of work that was done by hand, which become evidence with a table."""

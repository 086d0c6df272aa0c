"""How collectors reach other systems: bounded in time and size, and never lured into a trap."""

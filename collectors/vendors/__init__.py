"""What several collectors of one vendor share: how to connect, and how to read its lists."""

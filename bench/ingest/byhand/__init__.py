"""What a good engineer writes in an afternoon where this app is not installed: its yardstick."""

"""The yardstick: what a good engineer writes in an afternoon instead of installing this app."""

"""What a user would pick instead, one module a package; each function returns an `Estimate`."""

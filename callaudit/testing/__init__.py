"""Makers of sounds and of little call scripts, shipped for tests, doctests and trying things out."""

"""Rulebooks that come with callaudit: data, one folder each."""

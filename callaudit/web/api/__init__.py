"""The JSON API: one module a part, each with a `router` below /api."""

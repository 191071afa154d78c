"""Pages: one module a part, each with a `router` whose handlers return HTML."""

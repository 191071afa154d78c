"""The review desk: pages and an API over the store.

`app.make_app` puts together every router of `pages` and `api`; a page is a router, a template and its words.
"""

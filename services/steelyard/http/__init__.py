"""What the routes of every room need: declaration, query, bodies, pages, idempotency, shared objects."""

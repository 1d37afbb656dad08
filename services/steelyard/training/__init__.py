"""What a client may say: read strictly, checked whole, filled in, and turned into something that trains."""

"""JSON documents as clients send them: read strictly, bounded before any object is made, every fault with its place."""

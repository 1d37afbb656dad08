"""Data sets that were uploaded: read where they can do no harm, stored column by column, found by what is in them."""

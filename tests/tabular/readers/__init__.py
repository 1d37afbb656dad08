"""Files are read column by column."""

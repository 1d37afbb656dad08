"""The database: its tables, its types, its clock, its engine and its ids. What the rows mean is the rooms' above."""

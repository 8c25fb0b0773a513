"""What a page shows: figures, tables and sentences, computed from runs."""

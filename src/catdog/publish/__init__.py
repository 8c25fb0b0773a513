"""From chapters to pages and notebooks. Nothing here knows what the chapters teach."""

"""Learn to tell cats from dogs."""

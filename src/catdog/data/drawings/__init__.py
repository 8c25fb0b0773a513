"""Drawn cats and dogs, for machines that cannot get the photographs."""

"""What a page shows: figures, tables and sentences, computed from runs."""

from catdog import ambient

ambient.prepare_figures()

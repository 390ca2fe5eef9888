"""Comparisons of Entrepot with its limits and its peers, as ratios taken within one run."""

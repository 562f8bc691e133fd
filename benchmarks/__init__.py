"""Measured claims, runnable: each prints its figures side by side in one run."""

"""The root of the project's error tree, and the one branch that arrays in, results out can need.

The whole tree is drawn in :mod:`instruments.errors`.
"""


class FluxoidError(Exception):
    """Any error this project raises on purpose; its text is meant for the person at the cryostat."""


class AnalysisError(FluxoidError, ValueError):
    """An argument is outside the domain of a formula or a fit, or the data cannot carry it."""

"""Property tests draw the same cases every time: a failure is the change's fault, not the day's."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")

"""Drivers: SI units outside, the instrument's own language inside; they never wait and never guess."""

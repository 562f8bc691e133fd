"""Tunnelling and point-contact spectra: from dI/dV to the gap, and the gap against temperature and field."""

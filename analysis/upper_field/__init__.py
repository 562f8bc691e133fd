"""Fits of the upper critical field against temperature."""

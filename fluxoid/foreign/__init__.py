"""Measurements of others: tables in the dialects that laboratories write, told apart and analysed as our own."""

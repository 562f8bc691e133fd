"""A rack without a cryostat: one physical state behind instruments that speak the real wire language."""

"""What is in the rack: roles, drivers, the station; ``simulation`` is a rack without a cryostat."""

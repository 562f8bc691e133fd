"""What is done: R(T), R(B); settling, sweeping, guarding. All waiting happens here."""

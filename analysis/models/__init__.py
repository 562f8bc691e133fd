"""The laws, each one pure function, once."""

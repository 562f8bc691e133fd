"""The instruments of a station file: per driver, the options it has and how they are written."""

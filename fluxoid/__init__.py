"""The application: experiment files, run engine, recording, live view, report, command line."""

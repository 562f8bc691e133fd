"""What it means: formulas, fits, findings. Arrays in, results out."""

"""What the program tells of its own work while it works: spans and log lines, both off by default. `watch` is what callers use."""

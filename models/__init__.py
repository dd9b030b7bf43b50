"""Models to copy and tweak: one mechanism per file, as text and quantities."""

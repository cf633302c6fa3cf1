"""Several shops at once: the only package that reads what merchants agreed to share with their peers."""

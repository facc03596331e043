"""What `bench` measures, against what, and how it is told."""

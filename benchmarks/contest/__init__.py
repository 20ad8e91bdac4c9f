"""The parts of `benchmarks/transform.py`: the world, those who compete, and how they are measured."""

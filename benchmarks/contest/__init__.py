"""The parts of `benchmarks/transform.py`: a world, those who compete, and how it is measured."""

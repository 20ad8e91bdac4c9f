"""The protocol with one deliberate fault each. The property has to see every one of them."""

from tests.properties.mutants import of_builds, of_loads, of_raw
from tests.properties.mutants.mutant import MUTANTS, Mutant

__all__ = ["MUTANTS", "Mutant", "of_builds", "of_loads", "of_raw"]

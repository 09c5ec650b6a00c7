"""How grave a major hazard is: the grade R of a unit from what is stored there and who lives near."""

from plant.hazard.grade import Grade, Quantity, alpha_of, beta_of, grade_of, level_of
from plant.hazard.reader import grade_site

__all__ = ["Grade", "Quantity", "alpha_of", "beta_of", "grade_of", "grade_site", "level_of"]

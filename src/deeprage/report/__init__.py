"""How a run is shown: the HTML page and pictures."""

from deeprage.report.page import write_report
from deeprage.report.picture import skill_picture

__all__ = ["skill_picture", "write_report"]

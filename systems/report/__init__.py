"""The report on a run of the benchmark: records as one frame, statistics, pictures, tables, one page."""

from systems.report.page import write
from systems.report.records import frame

__all__ = ["frame", "write"]

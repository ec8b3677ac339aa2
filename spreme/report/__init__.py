"""The report on a fitted law: one page of HTML that needs no other file and no network."""

from spreme.report.page import write_report

__all__ = ["write_report"]

"""The dimensions, sums and metrics of Shylight. All code that computes, names or displays them uses this catalogue.

* A **dimension** groups visits or page views by a value, such as the country. Each is one table of the figures.
* A **sum** is an aggregate over the visits or page views of some days. Only sums are stored, because days can be added.
* A **metric** is displayed: a sum, or a sum divided by another one.
* A **period** is the days that figures are of; many have a name.

To add a dimension, add a :class:`Dimension` to `dimensions.py` and its column to `aggregate/sql/visits.sql` or
`views.sql`. To add a metric, add a :class:`Metric` to `metrics.py`, and the sums it needs to :class:`Totals`.
"""

from chalicelib.catalogue.dimensions import CARDS, DIMENSIONS, Card, Dimension, Values
from chalicelib.catalogue.entries import Level
from chalicelib.catalogue.metrics import METRICS, SUMS, Metric, Sum, Totals, Unit
from chalicelib.catalogue.periods import PERIODS, PREFERABLE, NamedPeriod

__all__ = [
    "CARDS", "DIMENSIONS", "METRICS", "PERIODS", "PREFERABLE", "SUMS", "Card", "Dimension", "Level", "Metric",
    "NamedPeriod", "Sum", "Totals", "Unit", "Values",
]  # fmt: skip

"""The table: figures with their spread, the peer of the same run, and what must hold."""

import dataclasses
import os
import pathlib
import re
import statistics


@dataclasses.dataclass
class Row:
    """One measure; `figures` and `peers` are of the same rounds, in the same order."""

    measure: str
    unit: str
    figures: list
    decimals: int = 0
    peer: str = ""
    peers: list = dataclasses.field(default_factory=list)
    peer_decimals: int = 0
    ratios: list = dataclasses.field(default_factory=list)
    at_most: float | None = None
    least_ratio: float | None = None

    def markdown(self):
        cells = [self.measure, f"{spread(self.figures, self.decimals)} {self.unit}"]
        cells.append(f"{self.peer}: {spread(self.peers, self.peer_decimals)}" if self.peers else "")
        ratios = self.ratios or [one / other for one, other in zip(self.figures, self.peers) if other]
        cells.append(spread(ratios, 2 if statistics.median(ratios) < 20 else 0) if ratios else "")
        return "| " + " | ".join([*cells, self._verdict()]) + " |"

    @property
    def is_met(self):
        if self.at_most is not None:
            return statistics.median(self.figures) <= self.at_most
        return self.least_ratio is None or statistics.median(self.ratios) >= self.least_ratio

    def _verdict(self):
        if self.at_most is not None:
            must = f"≤ {self.at_most:,g} {self.unit}"
        elif self.least_ratio is not None:
            must = f"ratio ≥ {self.least_ratio:g}"
        else:
            return ""
        return must + (": met" if self.is_met else ": **missed**")


def spread(values, decimals):
    """The median, and the least and the most in brackets."""
    middle, least, most = (
        f"{value:,.{decimals}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least}–{most})"


def table(rows):
    head = ["| measure | median (min–max over rounds) | limit or peer in the same run | ratio | must |"]
    return "\n".join(head + ["|---|---|---|---|---|"] + [row.markdown() for row in rows])


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", text)
    load = os.getloadavg()[0]
    return (
        f"machine: {len(os.sched_getaffinity(0))} cores, {model.group(1) if model else os.uname().machine}, "
        f"{os.uname().sysname} {os.uname().release}, load {load:.1f} at the start")

"""Figures as tables on a terminal; computes nothing."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figures, Spread, goals

_GENERATOR_WAS_THE_LIMIT = 0.9


def machine() -> str:
    """One line on what the figures were taken on."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((line for line in info.splitlines() if line.startswith("model name")), ":?")
    load = os.getloadavg()[0]
    return (
        f"{len(os.sched_getaffinity(0))} cores, {model.partition(':')[2].strip()}, "
        f"Python {platform.python_version()}, Linux {platform.release()}, load average {load:.1f}"
    )


def _cell(spread: Spread, digits: int) -> str:
    if spread.low == spread.high:
        return f"{spread.median:.{digits}f}"
    return f"{spread.median:.{digits}f} ({spread.low:.{digits}f}-{spread.high:.{digits}f})"


def show_cases(console: Console, figures: Figures) -> None:
    """A row a case, then the disk and the memory."""
    table = Table(title="medians of the rounds (lowest-highest)")
    table.add_column("server")
    for title in ("conn.", "requests/s", "p50 ms", "p99 ms", "CPU us/req", "generator CPU"):
        table.add_column(title, justify="right")
    for server, connections in figures.runs:
        case = (server, connections)
        share = figures.spread(case, lambda result: result.client_cpu_share)
        mark = " [red]limit[/red]" if share.median > _GENERATOR_WAS_THE_LIMIT else ""
        table.add_row(
            server,
            str(connections),
            _cell(figures.spread(case, lambda result: result.rate), 0),
            _cell(figures.spread(case, lambda result: result.p50_ms), 2),
            _cell(figures.spread(case, lambda result: result.p99_ms), 1),
            _cell(figures.spread(case, lambda result: result.server_cpu_us), 1),
            f"{share.median:.0%}{mark}",
        )
    if syncs := figures.syncs:
        table.add_row(
            "fdatasync",
            "",
            _cell(Spread.of(one.rate for one in syncs), 0),
            _cell(Spread.of(one.p50_ms for one in syncs), 2),
            _cell(Spread.of(one.p99_ms for one in syncs), 1),
        )
    console.print(table)
    product, echo = ("entrepot", 64), ("echo", 64)
    if product in figures.runs and echo in figures.runs:
        costs = [figures.spread(case, lambda one: one.server_cpu_us) for case in (product, echo)]
        times = costs[0].median / costs[1].median
        console.print(f"CPU a request, entrepot over echo at 64 connections: {times:.1f}")
    if figures.idle_rss_mb:
        console.print(
            f"memory of entrepot: {figures.idle_rss_mb:.0f} MB idle, "
            f"{figures.loaded_rss_mb:.0f} MB after the load"
        )
    if figures.first_start_s:
        first, later = Spread.of(figures.first_start_s), Spread.of(figures.later_start_s)
        console.print(
            f"process start to first answered create: {_cell(first, 2)} s on an empty "
            f"directory, {_cell(later, 2)} s on an existing one"
        )


def show_goals(console: Console, figures: Figures) -> None:
    """A row a goal, with what was reached."""
    table = Table(title="goals, as ratios within this run")
    table.add_column("goal")
    table.add_column("wanted", justify="right")
    table.add_column("got", justify="right")
    table.add_column("")
    for goal in goals(figures):
        verdict = "[green]reached[/green]" if goal.reached else "[red]not reached[/red]"
        wanted = f"{goal.best} {goal.wanted:.2f} {goal.unit}".strip()
        table.add_row(goal.name, wanted, f"{_cell(goal.got, 2)} {goal.unit}".strip(), verdict)
    console.print(table)

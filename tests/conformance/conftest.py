"""The table at the end of `make conformance`: each tool, its version, and what of it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools import FIGURES, TOLD, Tool


@pytest.fixture(autouse=True)
def _tool_is_told(request: pytest.FixtureRequest, record_property: Any) -> None:
    tool: Tool = request.getfixturevalue("tool")
    record_property(TOLD, f"{tool.name} {tool.version}")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found if _is_result(report)]
    suites: dict[str, list[Any]] = {}
    for report in reports:
        suites.setdefault(dict(report.user_properties)[TOLD], []).append(report)
    terminalreporter.section("conformance")
    for tool, of_tool in sorted(suites.items()):
        for line in _lines(tool, of_tool):
            terminalreporter.write_line(line)


def _is_result(report: object) -> bool:
    """Whether it is a test's outcome: its call, or what kept it from being called."""
    return (
        isinstance(report, pytest.TestReport)
        and TOLD in dict(report.user_properties)
        and (report.when == "call" or report.failed)
    )


def _lines(tool: str, reports: list[pytest.TestReport]) -> Iterator[str]:
    held = sum(report.passed for report in reports)
    yield f"{tool:45}{held:4} of {len(reports)} checks"
    for report in reports:
        yield from (f"    {text}" for name, text in report.user_properties if name == FIGURES)
        if not report.passed:
            outcome = f"gap, {report.wasxfail}" if hasattr(report, "wasxfail") else "FAILED"
            yield f"    {outcome}: {Path(report.nodeid).name}"

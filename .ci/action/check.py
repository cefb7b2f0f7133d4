#!/usr/bin/env python3
"""Annotate what `adc check` finds, beside the lines it concerns, and keep it as SARIF for who wants to upload it.

Annotations by workflow commands need no permission and no code scanning, so they work for forks and in private
repositories. GitHub shows the first ten errors and the first ten warnings of a step; the log has all.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from asked import Report, Unfit, asked_paths, reports
from workflow import annotate, output


def main() -> int:
    """The worst exit code of `adc check`."""
    strict = os.environ["STRICT"] == "true"
    try:
        found = list(reports("sarif", asked_paths(os.environ["SPECS"]), *(["--strict"] if strict else [])))
    except Unfit as error:
        annotate("error", str(error))
        return 2
    for report in found:
        _relocate(report)
    kept = Path(os.environ["RUNNER_TEMP"]) / "adc.sarif"
    log = {**found[0].document, "runs": [run for report in found for run in report.document["runs"]]}
    kept.write_text(json.dumps(log, ensure_ascii=False), encoding="utf-8")
    output("sarif", str(kept))

    results = [result for run in log["runs"] for result in run["results"]]
    for level in ("error", "warning"):
        for result in results:
            if result["level"] == level:
                annotate(level, result["message"]["text"], **_place(result), title=result["ruleId"])
    code = max(report.code for report in found)
    print("every spec is in order" if not results else f"{len(results)} found; `adc explain CODE` tells more of each")
    if code and all(result["level"] == "warning" for result in results):
        annotate("error", "there are warnings, and `strict` counts them as errors")
    return code


def _relocate(report: Report) -> None:
    """Make the paths of a report relative to the checkout."""
    for run in report.document["runs"]:
        for result in run["results"]:
            for location in (*result["locations"], *result.get("relatedLocations", ())):
                if "physicalLocation" in location:
                    artifact = location["physicalLocation"]["artifactLocation"]
                    artifact["uri"] = quote(report.prefix) + artifact["uri"]


def _place(result: dict[str, Any]) -> dict[str, str | int]:
    """Where a finding is, in the words of a workflow command; nothing for an option of the command line."""
    physical = result["locations"][0].get("physicalLocation")
    if physical is None:
        return {}
    path, region = unquote(physical["artifactLocation"]["uri"]), physical["region"]
    first, last = region["startLine"], region["endLine"]
    # GitHub takes no column where there are several lines.
    return {"file": path, "line": first, **({"col": region["startColumn"]} if first == last else {"endLine": last})}


if __name__ == "__main__":
    sys.exit(main())

"""Diagnostics for programs: JSON as `schemas/diagnostic.v1.json` has it, SARIF for code hosts. People read `render`."""

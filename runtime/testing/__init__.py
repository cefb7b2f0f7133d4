"""Tests of ads: a plugin of pytest that compiles specs, and snapshots of their plans.

`plugin` is found by pytest itself. `specs.Specs` is what the fixture `ad_plan` gives, `ad_plan.AdPlan` a compiled spec.
"""

"""Where pytest finds adc: in an installation this file stands beside `adc`, as the module `pytest_adc`.

Pytest takes what an installed plugin is made of for tests, and rewrites its assertions. Of a plugin inside of `adc`,
which is a namespace without code of its own, it would take `__main__` for a part, and warn in every run.
"""

pytest_plugins = ("adc.runtime.testing.plugin",)

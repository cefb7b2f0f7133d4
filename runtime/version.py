"""The one place where the version is written; read by packaging and printed by `adc --version`."""

__version__ = "0.1.0"

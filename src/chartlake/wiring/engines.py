"""Where the transform runs: this machine, or Spark."""

from __future__ import annotations

from chartlake.errors import ConfigError
from chartlake.settings import TransformSettings
from chartlake.transform.engine import Engine, LocalEngine, processes_here

__all__ = ["not_installed", "open_engine"]


def open_engine(settings: TransformSettings) -> Engine:
    """The engine of these settings; ConfigError where Spark is asked for and not installed."""
    if settings.engine == "local":
        return LocalEngine(settings.processes or processes_here())
    try:
        from chartlake.spark.engine import SparkEngine
    except ModuleNotFoundError as error:
        raise not_installed(error) from error
    return SparkEngine(settings.spark_master)


def not_installed(error: ModuleNotFoundError) -> ConfigError:
    """What to say where Spark is asked for."""
    return ConfigError(
        'engine = "spark" needs a package that is not installed',
        why=str(error),
        fix="pip install 'chartlake[spark]'; Spark needs Java 17 or later too",
    )

"""The counts of completions among the server's Prometheus metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

    from jupyter_ai.completions.stats import CompletionStats

__all__ = ["CompletionCollector", "publish"]

_PREFIX = "jupyter_ai_completion_"


def publish(stats: CompletionStats, registry: CollectorRegistry | None = None) -> Callable[[], None]:
    """Have `/metrics` tell these counts (`registry`: another one); returns what undoes it.

    Of several servers in one process only the first one's are told.
    """
    from prometheus_client import REGISTRY

    collector, into = CompletionCollector(stats), registry or REGISTRY
    try:
        into.register(collector)
    except ValueError:  # the names are taken
        return lambda: None
    return lambda: into.unregister(collector)


class CompletionCollector:
    """Tells the counts whenever somebody asks: nothing is done for it in between."""

    def __init__(self, stats: CompletionStats) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        stats = self._stats
        yield _counter(
            "requests",
            "Answered requests for completions, by where the answer came from",
            ["source"],
            (([source], latest.count) for source, latest in stats.sources.items()),
        )
        yield _counter(
            "superseded",
            "Requests for completions that a newer one made needless",
            [],
            [([], stats.cancelled)],
        )
        yield _counter(
            "errors",
            "Providers of completions that could not answer",
            ["provider", "type", "status"],
            ((list(kind), count) for kind, count in stats.errors.items()),
        )
        yield _counter(
            "off",
            "Providers of completions not asked: no model is chosen, a key is missing, or they pause",
            ["provider", "type"],
            ((list(kind), count) for kind, count in stats.off.items()),
        )
        yield _counter(
            "events",
            "What became of suggestions",
            ["model", "event"],
            (([m, event], n) for m, use in stats.models.items() for event, n in use.events.items()),
        )
        yield from self._gauges()

    def _gauges(self) -> Iterator[Metric]:
        stats = self._stats
        yield _gauge(
            "latency_seconds",
            "Until there was something to show, of the latest 1,000 answers of each source",
            ["source", "quantile"],
            (
                ([source, f"0.{name[1:]}"], value / 1000)
                for source, latest in stats.sources.items()
                for name, value in latest.percentiles().items()
            ),
        )
        yield _gauge(
            "error_rate",
            "The share of requests in which a provider failed",
            ["language"],
            (([name], share.rate) for name, share in stats.languages.items() if share.rate is not None),
        )
        yield _gauge(
            "acceptance_rate",
            "The share of shown suggestions that was accepted",
            ["model"],
            (([name], use.rate) for name, use in stats.models.items() if use.rate is not None),
        )


Samples = Iterable[tuple[list[str], float]]


def _counter(name: str, help: str, labels: list[str], samples: Samples) -> Metric:
    from prometheus_client.metrics_core import CounterMetricFamily

    family = CounterMetricFamily(_PREFIX + name, help, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _gauge(name: str, help: str, labels: list[str], samples: Samples) -> Metric:
    from prometheus_client.metrics_core import GaugeMetricFamily

    family = GaugeMetricFamily(_PREFIX + name, help, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family

"""Reports in the text format that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from typing import Mapping, Sequence

from orchestra.dataclass import dataclass
from orchestra.metrics.attempts import Consumed, Fault, Latency, Rotation, Share
from orchestra.metrics.distribution import BOUNDS_S
from orchestra.metrics.overall_figures import OverallFigures
from orchestra.metrics.session_figures import Savings, SessionFigures

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """One line: what is added to the family's name, labels, value."""

    labels: Labels
    value: float
    suffix: str = ""


def session_prometheus(figures: SessionFigures) -> str:
    """Gauges of one session, which its id tells from others."""
    own = {"session": figures.session_id}
    files = [
        Sample({**own, "path": file.path, "status": file.status}, file.iterations) for file in figures.files
    ]
    tries = [Sample({**own, "path": file.path}, file.recovery_attempts) for file in figures.files]
    waited = [Sample(own, figures.waited_ms / 1000)]
    ended = [] if figures.exit_status is None else [Sample(own, figures.exit_status)]
    return _page([
        _family("session_duration_seconds", "How long it was worked on.", [Sample(own, figures.worked_ms / 1000)]),
        _family("session_exit_status", "How the session ended.", ended),
        _family("session_waited_seconds", "Pauses before models were asked again, all files added up.", waited),
        _family("file_iterations", "How often a file was audited.", files),
        _family("file_recovery_attempts", "Tries after the audit loop gave a file up.", tries),
        *_traffic(own, figures.shares, figures.latencies, figures.faults, figures.rotations, figures.savings),
    ])


def overall_prometheus(figures: OverallFigures) -> str:
    """Gauges across sessions: what `sessions prune` removes is not counted any more, so nothing is a counter."""
    results = {True: "succeeded", False: "failed", None: "open"}
    counts = [
        Sample({"result": word}, sum(line.succeeded is result for line in figures.sessions))
        for result, word in results.items()
    ]
    firsts = [Sample({"role": one.role}, one.share) for one in figures.first_choices]
    mean = [] if figures.mean_cost_usd is None else [Sample({}, float(figures.mean_cost_usd))]
    recoveries = [
        Sample({"result": "recovered"}, figures.recovered),
        Sample({"result": "given_up"}, figures.recoveries - figures.recovered),
    ]
    return _page([
        _family("sessions", "Sessions kept, by result.", counts),
        _family("session_cost_usd_mean", "Mean cost of the sessions that have one.", mean),
        _family("sessions_within_aim", "Sessions of at most 0.10 USD.", [Sample({}, figures.within_aim)]),
        _family("first_choice_ratio", "Share of a role's answers that its first choice gave.", firsts),
        _family("recoveries", "Files that needed recovery, by result.", recoveries),
        *_traffic({}, figures.shares, figures.latencies, figures.faults, figures.rotations, figures.savings),
    ])


def _traffic(
    own: Labels, shares: Sequence[Share], latencies: Sequence[Latency], faults: Sequence[Fault],
    rotations: Sequence[Rotation], savings: Savings,
) -> list[str]:
    by_share = [({**own, "role": share.role, "model": share.model}, share.consumed) for share in shares]
    calls = [
        Sample({**labels, "result": result}, count)
        for labels, used in by_share for result, count in (("answered", used.answers), ("failed", used.failures))
    ]
    tokens = [Sample({**labels, "kind": kind}, count) for labels, used in by_share for kind, count in _tokens(used)]
    costs = [Sample(labels, float(used.cost_usd)) for labels, used in by_share if used.cost_usd is not None]
    told = [Sample({**own, "model": fault.model, "code": fault.error_code}, fault.count) for fault in faults]
    hops = [
        Sample({**own, "role": one.role, "from": one.left, "to": one.taken}, one.count) for one in rotations
    ]
    saved = [] if savings.cost_usd is None else [Sample(own, float(savings.cost_usd))]
    return [
        _family("attempts", "Calls to models.", calls),
        _family("tokens", "Tokens; cached ones are part of the input.", tokens),
        _family("cost_usd", "Cost where a price is known.", costs),
        _family("latency_seconds", "Time to a whole answer.", _histogram(own, latencies), kind="histogram"),
        _family("faults", "Failed calls by code.", told),
        _family("fallbacks", "Steps that went on to another model.", hops),
        _family("cache_answers", "Answers given from the reply cache.", [Sample(own, savings.answers)]),
        _family("cache_saved_usd", "What those answers cost at first.", saved),
    ]


def _tokens(used: Consumed) -> tuple[tuple[str, int], ...]:
    return ("input", used.input_tokens), ("output", used.output_tokens), ("cached", used.cached_tokens)


def _histogram(own: Labels, latencies: Sequence[Latency]) -> list[Sample]:
    samples = []
    for one in latencies:
        labels, below = {**own, "model": one.model}, 0
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), one.distribution.counts()):
            below += count
            samples.append(Sample({**labels, "le": bound}, below, "_bucket"))
        samples.append(Sample(labels, sum(one.distribution.values_ms) / 1000, "_sum"))
        samples.append(Sample(labels, below, "_count"))
    return samples


def _family(name: str, help_text: str, samples: Sequence[Sample], *, kind: str = "gauge") -> str:
    """A family's lines; an empty text where it has no sample."""
    if not samples:
        return ""
    full = f"orchestra_{name}"
    lines = [f"# HELP {full} {help_text}", f"# TYPE {full} {kind}"]
    lines += [f"{full}{sample.suffix}{_labels(sample.labels)} {_number(sample.value)}" for sample in samples]
    return "\n".join(lines) + "\n"


def _page(families: Sequence[str]) -> str:
    return "".join(families)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    clean = value.encode("utf-8", "replace").decode("utf-8")
    return clean.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))

"""Scenes of queues: one waiting room, or several in a row; what arrives, who serves, who is turned away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from case_plan import Params, Plan, by_scv, exponential, failures, first, s, scene

MEASURES = {
    "Wq": ("time in queue", "wait", "waiting time", "delay"),
    "Lq": ("number in queue", "queue length", "number waiting"),
    "W": ("time in system", "sojourn", "flow time", "cycle time", "time in the system"),
    "L": ("number in system", "wip", "number in the system", "parts in system"),
}


def measure_of(metric: str) -> str:
    """Which of the four means a metric is about; the wait, where it says nothing else."""
    words = re.findall(r"[A-Za-z]+", metric)
    for name in MEASURES:
        if name in words or any(word.startswith(name) and name in ("Wq", "Lq") for word in words):
            return name
    for name, phrases in MEASURES.items():
        if any(phrase in metric.lower() for phrase in phrases):
            return name
    return "Wq"


def queue(p: Params, identity: str, metric: str, description: str = "") -> Plan:
    """One waiting room; what arrives, who serves."""
    lam = p.get("lam")
    if isinstance(lam, Sequence):
        return _classes(p, metric, identity)
    if isinstance(first(p, "mu", "means", "mean"), Sequence):
        return _tandem(p, metric)
    mean = 1 / p["mu"] if "mu" in p else p.get("mean", 1.0)
    servers = int(p.get("c", 1))
    gap = 1 / lam if lam is not None else first(p, "interarrival", "gap", "takt", default=0) or (
        mean / p["rho"] / servers
    )  # fmt: skip
    spread = first(p, "scv_a", "ca2", "arrival_scv", default=1 if lam is not None else 0)
    arrivals = by_scv(gap, spread)
    said = (metric + description).lower()
    lost = "K" in p or any(word in said for word in ("loss", "erlang b", "erlang-b", "blocking prob", "lost"))
    cycle = by_scv(mean, first(p, "scv", "cs2", "service_scv", default=1))
    if lost:
        return _loss(p, metric, arrivals, gap, cycle, mean, servers)
    again = first(p, "rework", "p_rework", "feedback", "p_feedback", "rework_prob", default=0)
    if again:
        return _rework(p, metric, arrivals, cycle, again)
    scv = first(p, "scv", "cs2", "service_scv", default=1)
    square = mean**2 * (1 + scv)
    body = f"cycle: {cycle}" + (f", parallel: {servers}" if servers > 1 else "")
    if "fail" in p:
        fail, repair = p["fail"], first(p, "repair_mean", "mttr", default=0) or 1 / p["repair"]
        body += f", {failures(exponential(1 / fail), exponential(repair))}"
        # of the service and its stops: the square of a service of this scv, and those of its repairs
        square = square * (1 + fail * repair) ** 2 + mean * fail * 2 * repair**2
        mean *= 1 + fail * repair
    rows = [
        f"src: {{type: source, product: part, every: {arrivals}, to: q}}",
        "q: {type: buffer, to: m}",
        f"m: {{type: station, {body}, to: out}}",
        "out: {type: sink}",
    ]
    if "throughput" in metric:
        return Plan(scene(rows), "rate", unit=gap)
    known = {"gap": gap, "service": mean, "square": square, "poisson": spread == 1}
    wanted = measure_of(metric)
    known["whole"] = wanted in ("W", "L")
    # the mean number is the rate times the mean time (Little 1961)
    return Plan(scene(rows), "wait", "q", unit=gap, options=known, scale=1 / gap if wanted[0] == "L" else 1.0)


def _loss(
    p: Params, metric: str, arrivals: str, gap: float, cycle: str, mean: float, servers: int
) -> Plan:  # fmt: skip
    """K places, those in service among them; without K as many as there are servers."""
    waits = p.get("K", servers) - servers
    parallel = f", parallel: {servers}" if servers > 1 else ""
    rows = [
        (
            f"src: {{type: source, product: part, every: {arrivals}, when_blocked: lose, "
            f"to: {'q' if waits else 'm'}}}"
        ),
        *([f"q: {{type: buffer, capacity: {waits}, to: m}}"] if waits else []),
        f"m: {{type: station, cycle: {cycle}{parallel}, to: out}}",
        "out: {type: sink}",
    ]
    made = Plan(scene(rows), "rate", unit=max(mean / servers, gap))
    words = metric.lower()
    if "prob" in words or "lost share" in words or "ratio" in words:
        return replace(made, scale=-gap, offset=1.0)  # 1 - accepted / offered
    return replace(made, scale=-1.0, offset=1 / gap) if "lost" in words else made


def _rework(p: Params, metric: str, arrivals: str, cycle: str, again: float) -> Plan:
    """A part that is not good goes back into the queue (Bernoulli feedback)."""
    rows = [
        f"src: {{type: source, product: part, every: {arrivals}, to: q}}",
        "q: {type: buffer, to: m}",
        (
            f"m: {{type: inspection, cycle: {cycle}, results: {{good: {1 - again!r}, rework: {again!r}}}, "
            "to: {good: out, rework: q}}"
        ),
        "out: {type: sink}",
    ]
    made = Plan(scene(rows), "stay", unit=1 / p["lam"], options={"block": 20_000})
    if "throughput" in metric:
        return replace(made, kind="rate", options={})
    return replace(made, scale=p["lam"]) if measure_of(metric) == "L" else made


def _tandem(p: Params, metric: str) -> Plan:
    """Queues in a row, each with any number of places: as if each were alone (Jackson 1957)."""
    means = [1 / mu for mu in p["mu"]] if "mu" in p else first(p, "means", "mean")
    rows = [f"src: {{type: source, product: part, every: {exponential(1 / p['lam'])}, to: q1}}"]
    for k, mean in enumerate(means, 1):
        rows.append(f"q{k}: {{type: buffer, to: m{k}}}")
        to = "out" if k == len(means) else f"q{k + 1}"
        rows.append(f"m{k}: {{type: station, cycle: {exponential(mean)}, to: {to}}}")
    rows.append("out: {type: sink}")
    made = Plan(scene(rows), "stay", unit=1 / p["lam"], options={"block": 20_000})
    if "throughput" in metric:
        return replace(made, kind="rate", options={})
    return replace(made, scale=p["lam"]) if measure_of(metric)[0] == "L" else made


def _classes(p: Params, metric: str, identity: str) -> Plan:
    """Non-preemptive priority, class 1 first; Cobham (1954). Services alike, or each class with its own."""
    names = [f"class{k}" for k in range(1, len(p["lam"]) + 1)]
    wanted = next((k for k, name in enumerate(names) if name in metric.replace(" ", "")), None)
    if wanted is None:
        wanted = 0 if identity.endswith("hi") else len(names) - 1
    products = "".join(f"  {name}: {{size: [0.3 m, 0.2 m, 0.2 m]}}\n" for name in names)
    rows = [
        f"src{k}: {{type: source, product: {name}, every: {exponential(1 / rate)}, to: q}}"
        for k, (name, rate) in enumerate(zip(names, p["lam"], strict=True), 1)
    ]
    given = p["mu"] if "mu" in p else first(p, "means", "mean")
    means = list(given) if isinstance(given, Sequence) else [given] * len(names)
    means = [1 / one for one in means] if "mu" in p else means
    scv, total = p.get("scv", 1), sum(p["lam"])
    cycles = [by_scv(mean, scv) for mean in means]
    alike = len(set(cycles)) == 1
    by_product = ", ".join(f"{name}: {cycle}" for name, cycle in zip(names, cycles, strict=True))
    rows += [
        f"q: {{type: buffer, discipline: priority, priority: [{', '.join(names)}], to: m}}",
        f"m: {{type: station, cycle: {cycles[0] if alike else f'{{{by_product}}}'}, to: out}}",
        "out: {type: sink}",
    ]
    mean = sum(rate * one for rate, one in zip(p["lam"], means, strict=True)) / total
    square = sum(rate * one**2 * (1 + scv) for rate, one in zip(p["lam"], means, strict=True)) / total
    known = {"gap": 1 / total, "service": mean, "square": square, "poisson": True,
             "product": wanted + 1, "share": p["lam"][wanted] / total,
             "class_gap": 1 / p["lam"][wanted], "class_service": means[wanted]}  # fmt: skip
    name = measure_of(metric)
    known["whole"] = name in ("W", "L")
    scale = p["lam"][wanted] if name[0] == "L" else 1.0
    return Plan(scene(rows, products), "wait", "q", unit=1 / total, options=known, scale=scale)


__all__ = ["measure_of", "queue", "s"]

"""Replays of less than everything: a real run in a jail takes most of a second."""

from dataclasses import replace

from forensics.replay.rehearsal import Rehearsal


def only(ready: Rehearsal, *commands: str) -> Rehearsal:
    """These commands alone, in the state that things are in."""
    plans = (replace(it, states=(replace(it.states[0], commands=commands),)) for it in ready.plans)
    return replace(ready, plans=tuple(plans))

"""Faults that pass by themselves, as a type: whatever is not of it is permanent.

Only what is raised as a transient fault is tried again. A contract that is not kept, a rule that
does not hold or a proof that fails would end the same way the next time.
"""

from __future__ import annotations


class TransientFaultError(RuntimeError):
    """A network, a busy server or a lock: worth another try later, and nobody has to act."""


def names_of_transient_faults() -> frozenset[str]:
    """Names of every class of transient faults, for records that keep no more than the name."""
    found, waiting = set(), [TransientFaultError]
    while waiting:
        kind = waiting.pop()
        found.add(kind.__name__)
        waiting += kind.__subclasses__()
    return frozenset(found)

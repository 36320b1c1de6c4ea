"""The commit that a release was made from, when the platform runs from a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_WAIT_SECONDS = 20


class GitCommit(BaseModel):
    """A commit, or the reason why there is none to name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    commit: str | None = None
    has_local_changes: bool | None = None
    reason: str | None = None


def git_commit(folder: Path) -> GitCommit:
    """The commit of the checkout whose top is a folder; never fails, says why there is none."""
    if not (folder / ".git").exists():
        return GitCommit(reason="not a git checkout")
    try:
        commit = _git(folder, "rev-parse", "--verify", "HEAD").strip()
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except FileNotFoundError:
        return GitCommit(reason="git is not installed")
    except subprocess.TimeoutExpired:
        return GitCommit(reason=f"git did not answer within {_WAIT_SECONDS} s")
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()
        return GitCommit(reason=f"git: {said[0] if said else error.returncode}")
    return GitCommit(commit=commit, has_local_changes=bool(changed.strip()))


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(  # noqa: S603  (fixed arguments)
        command, check=True, capture_output=True, text=True, timeout=_WAIT_SECONDS
    ).stdout

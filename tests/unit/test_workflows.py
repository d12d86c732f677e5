"""What the workflows of a fork may do, and on whose code they rely."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / ".github" / "workflows"
_USES = re.compile(r"^\s*-?\s*uses: (.*)$", re.MULTILINE)
_PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v[0-9.]+")
_GIVEN = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_JOB = re.compile(r"^  (\w+):\n((?:(?:    .*)?\n)*)", re.MULTILINE)

workflows = pytest.mark.parametrize(
    "text",
    [
        pytest.param(path.read_text(), id=path.name)
        for path in sorted(_FOLDER.glob("*.yml"))
    ],
)


@workflows
def test_whatever_is_used_is_named_by_its_commit(text: str) -> None:
    used = _USES.findall(text)

    assert used
    assert not [name for name in used if not _PINNED.fullmatch(name)]


@workflows
def test_nothing_is_permitted_but_what_a_job_asks_for(text: str) -> None:
    assert "\npermissions: {}\n" in text
    assert "write-all" not in text


@workflows
def test_no_job_runs_without_end(text: str) -> None:
    jobs = dict(_JOB.findall(text[text.index("\njobs:\n") :]))

    assert jobs
    assert not [name for name, job in jobs.items() if "timeout-minutes:" not in job]


@workflows
def test_no_script_is_put_together_from_what_others_have_written(text: str) -> None:
    scripts = re.findall(
        r"^ +(?:- )?run: (\|\n(?: {10,}.*\n|\n)+|.*\n)", text, re.MULTILINE
    )

    assert scripts
    assert not [script for script in scripts if _GIVEN.search(script)]


def test_aws_is_asked_only_by_jobs_that_others_cannot_start() -> None:
    text = (_FOLDER / "terraform.yml").read_text()
    jobs = dict(_JOB.findall(text[text.index("\njobs:\n") :]))

    assert {name for name, job in jobs.items() if "id-token: write" in job} == {
        "plan",
        "apply",
    }
    assert "head.repo.full_name == github.repository" in jobs["plan"]
    assert "github.event_name == 'workflow_dispatch'" in jobs["apply"]
    assert "aws-access-key-id" not in text

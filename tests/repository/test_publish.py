"""The site is published from a commit whose tests have passed, and from no other."""

from pathlib import Path

import pytest
import yaml

WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"
ALL = {
    path.name: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    for path in sorted(WORKFLOWS.glob("*.yml"))
}
"""Every workflow; the loader leaves ``on`` a word."""

TESTS, PUBLISH = ALL["ci.yml"], ALL["publish.yml"]
CALL = TESTS["jobs"]["publish"]
MAY_DEPLOY = {"pages", "id-token"}


def steps(workflow: dict) -> list[dict]:
    """All steps of all jobs of a workflow."""
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def test_publishing_waits_for_every_other_job_of_the_tests():
    assert CALL["uses"] == "./.github/workflows/publish.yml"
    assert set(CALL["needs"]) == set(TESTS["jobs"]) - {"publish"}
    assert not [job for job in TESTS["jobs"].values() if "continue-on-error" in job]


def test_publishing_happens_after_a_push_to_main_and_never_when_something_failed():
    assert CALL["if"] == "${{ github.event_name == 'push' && github.ref == 'refs/heads/main' }}"
    assert TESTS["on"]["push"] == {"branches": ["main"]}


def test_nothing_starts_publishing_but_the_tests():
    assert set(PUBLISH["on"]) == {"workflow_call"}
    callers = [
        name
        for name, workflow in ALL.items()
        for job in workflow["jobs"].values()
        if "publish.yml" in job.get("uses", "")
    ]
    assert callers == ["ci.yml"]
    deploying = [name for name, flow in ALL.items() if "actions/deploy-pages" in str(steps(flow))]
    assert deploying == ["publish.yml"]


def test_what_is_published_is_the_commit_that_was_tested():
    for step in [*steps(TESTS), *steps(PUBLISH)]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert "ref" not in step["with"]


def test_a_push_does_not_stop_the_publishing_of_the_one_before():
    stop = "${{ github.event_name == 'pull_request' }}"
    assert TESTS["concurrency"]["cancel-in-progress"] == stop
    assert PUBLISH["concurrency"]["cancel-in-progress"] == "false"


def test_the_page_is_built_with_a_command_that_checks_that_it_is_there():
    assert "make book" in [step.get("run") for step in PUBLISH["jobs"]["build"]["steps"]]
    assert PUBLISH["jobs"]["deploy"]["needs"] == "build"


def test_only_the_deployment_may_deploy():
    assert PUBLISH["permissions"] == {}
    for name, job in PUBLISH["jobs"].items():
        assert set(job["permissions"]) == (MAY_DEPLOY if name == "deploy" else {"contents"})
    assert TESTS["permissions"] == {"contents": "read"}
    others = [job for name, job in TESTS["jobs"].items() if name != "publish"]
    assert not [job for job in others if "permissions" in job]
    assert set(CALL["permissions"]) == MAY_DEPLOY | {"contents"}


@pytest.mark.parametrize("name", ALL)
def test_actions_are_pinned_to_a_commit(name):
    for step in steps(ALL[name]):
        if "uses" in step:
            commit = step["uses"].partition("@")[2]
            assert len(commit) == 40 and set(commit) <= set("0123456789abcdef")

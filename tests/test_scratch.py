"""Folders of other processes: whose they are, and when they may go."""

import os
import subprocess

import pytest

from dendritic_bp import scratch
from dendritic_bp.errors import UserError


def of_a_dead_process():
    """Return the name that a process which has ended would have given."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    return scratch.owned_name().replace(f"-{os.getpid()}-", f"-{dead.pid}-")


def test_what_the_dead_leave_goes_and_what_the_living_have_stays(tmp_path):
    mine, dead = scratch.owned_name(), of_a_dead_process()
    for name in (mine, dead, f"run.partial.{dead}", "results"):
        (tmp_path / name).mkdir()
    scratch.remove_orphans(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {mine, "results"}


def test_numbers_of_processes_are_not_compared_across_name_spaces(tmp_path, monkeypatch):
    dead = of_a_dead_process()
    (tmp_path / dead).mkdir()
    monkeypatch.setattr(scratch, "_place", lambda: "01234567")  # the same host name, another container
    scratch.remove_orphans(tmp_path)
    assert (tmp_path / dead).exists()
    os.utime(tmp_path / dead, (0, 0))
    scratch.remove_orphans(tmp_path)
    assert not (tmp_path / dead).exists()


class Owner:
    pass


def test_a_forked_copy_of_an_owner_removes_nothing(tmp_path):
    owner, folder = Owner(), tmp_path / "results"
    folder.mkdir()
    scratch.vanishing(owner, folder)
    pid = os.fork()
    if not pid:
        del owner
        os._exit(0)
    os.waitpid(pid, 0)
    assert folder.exists()
    del owner
    assert not folder.exists()


def test_a_folder_that_another_process_has_made_meanwhile_is_left_alone(tmp_path):
    with (
        pytest.raises(UserError, match="another process has written it meanwhile"),
        scratch.appearing(tmp_path / "run") as partial,
    ):
        (partial / "mine").touch()
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "theirs").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "theirs"]


def test_a_lock_has_one_holder_and_survives_the_removal_of_its_file(tmp_path):
    first = scratch.locked(tmp_path / "lock", wait=False)
    assert scratch.locked(tmp_path / "lock", wait=False) is None
    (tmp_path / "lock").unlink()
    first.close()
    with scratch.locked(tmp_path / "lock", wait=False):
        assert (tmp_path / "lock").exists()

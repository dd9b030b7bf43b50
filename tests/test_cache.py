"""The cache: what is in it, what may go, and what somebody uses."""

import pytest

from dendritic_bp import cache
from dendritic_bp.__main__ import main
from dendritic_bp.scratch import locked, owned_name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a cache with a program, a file and a folder of somebody else."""
    monkeypatch.setenv("DENDRITIC_BP_CACHE", str(tmp_path))
    for part in ("binaries", "traces", "runs"):
        (tmp_path / "xor" / part).mkdir(parents=True)
    (tmp_path / "xor" / "binaries" / "main").write_bytes(b"\1" * 3_000_000)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_bytes(b"\1" * 5_000_000)
    return tmp_path


def test_builds_go_and_what_is_not_a_build_stays(folder, capsys):
    assert 3 <= cache.size_mb() < 3.1
    assert main(["cache"]) == 0
    assert f"{folder}: 1 programs, 3 MB" in capsys.readouterr().out
    assert main(["cache", "clear"]) == 0
    out = capsys.readouterr().out
    assert "Removed 3 MB." in out and "0 programs, 0 MB" in out
    assert [path.name for path in folder.iterdir()] == ["thesis"]


@pytest.mark.parametrize("part", cache.OWNED)
def test_what_a_process_uses_is_kept_and_what_the_dead_left_is_not(folder, part):
    mine = folder / "xor" / part / owned_name()
    mine.mkdir()
    assert [what for what, _ in cache.clear()] == ["xor is in use: kept"]
    assert mine.exists()
    mine.rename(mine.with_name(mine.name.replace(f"-{mine.name.split('-')[-2]}-", "-99999999-")))
    assert [what for what, _ in cache.clear()] == ["xor"]
    assert not (folder / "xor").exists()


def test_what_is_being_built_is_kept(folder):
    with locked(folder / "xor" / "lock"):
        assert [what for what, _ in cache.clear()] == ["xor is being built: kept"]
    assert (folder / "xor" / "binaries" / "main").exists()


def test_an_empty_cache_is_empty(tmp_path, monkeypatch):
    monkeypatch.setenv("DENDRITIC_BP_CACHE", str(tmp_path / "none"))
    assert (list(cache.clear()), cache.size_mb()) == ([], 0)

"""The doctor finds a working machine well, and names the remedy for one that is not."""

import subprocess
import sys

from dendritic_bp.__main__ import main


def only(path, *tools):
    """Return a PATH that leads to nothing but these tools, all of which fail."""
    for tool in tools:
        script = path / tool
        script.write_text("#!/bin/sh\nexit 1\n")
        script.chmod(0o755)
    return str(path)


def test_a_working_machine_is_well(capsys):
    assert main(["doctor"]) == 0
    out, err = capsys.readouterr()
    for line in ("Python", "brian2", "numpy", "compiler", "flags", "cores", "ccache", "cache"):
        assert f"\n{line} " in out
    assert "right\nAll is well.\n" in out
    assert all(line.startswith("doctor: ") for line in err.splitlines())  # that it compiles


def test_it_is_a_command():
    done = subprocess.run([sys.executable, "-m", "dendritic_bp", "nurse"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "doctor" in done.stderr


def test_a_missing_compiler_is_named_with_the_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", only(tmp_path, "make"))
    assert main(["doctor"]) == 1
    assert "g++ not found" in (err := capsys.readouterr().err)
    assert "install g++" in err


def test_a_broken_compiler_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", only(tmp_path, "make", "g++"))
    assert main(["doctor"]) == 1
    assert "'g++ --version' fails" in capsys.readouterr().err


def test_a_place_for_builds_that_cannot_be_written_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DENDRITIC_BP_CACHE", str(tmp_path / "file"))
    assert main(["doctor"]) == 1
    assert f"Cannot keep builds in {tmp_path / 'file'}" in capsys.readouterr().err

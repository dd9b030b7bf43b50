"""Joined sources: the same functions, in fewer files."""

import subprocess

import pytest

from dendritic_bp.units import PER_FILE, join

# As Brian2 writes them: support code of one name in each file, and a function that is called from outside.
OBJECT = """\
namespace control {{ extern int offset; }}
#include <cstdio>
#include <cmath>

namespace {{
    inline int step(int x) {{ return x + {step} + control::offset; }}
}}

void _run_{name}()
{{
    std::printf("%d ", step(0));
}}
void _debugmsg_{name}()
{{
    std::printf("{said} ");
}}
"""
MAIN = """\
namespace control {{ int offset = 100; }}
{declared}
int main() {{ {called} }}
"""
STEPS = {"a_codeobject": 1, "a_codeobject_1": 1, "b_codeobject": 2, "before_run_a_codeobject": 3}
STEPS |= {f"c{k}_codeobject": k for k in range(PER_FILE)}


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "code_objects").mkdir()
    for name, step in STEPS.items():
        text = OBJECT.format(name=name, step=step, said=name[0])
        (tmp_path / "code_objects" / f"{name}.cpp").write_text(text)
    calls = [f"_{kind}_{name}()" for name in STEPS for kind in ("run", "debugmsg")]
    declared, called = ("".join(f"{word}{call}; " for call in calls) for word in ("void ", ""))
    (tmp_path / "main.cpp").write_text(MAIN.format(declared=declared, called=called))
    return tmp_path


@pytest.fixture
def joined(sources):
    return join(sources, [*(f"code_objects/{name}.cpp" for name in STEPS), "main.cpp"])


def test_joined_files_do_what_the_files_did(sources, joined):
    assert joined == ["joined_0.cpp", "joined_1.cpp", "main.cpp"]
    subprocess.run(["g++", *joined, "-o", "main"], cwd=sources, check=True)
    done = subprocess.run([sources / "main"], capture_output=True, text=True, check=True)
    said = "".join(f"{100 + step} {name[0]} " for name, step in STEPS.items())
    assert done.stdout == said


def test_of_files_that_are_alike_one_is_compiled(sources, joined):
    text = (sources / "joined_0.cpp").read_text()
    assert "in_run_a_codeobject_1" not in text and text.count("x + 1 +") == 2  # of a and of c1
    assert text.count("#include <cmath>") == 1


def test_errors_name_the_file_that_brian2_wrote(sources, joined):
    file = sources / "joined_0.cpp"
    file.write_text(file.read_text().replace("x + 2", "y + 2", 1))
    done = subprocess.run(["g++", "-c", file], cwd=sources, capture_output=True, text=True)
    assert "code_objects/b_codeobject.cpp:6:" in done.stderr

import gc
import os

import brian2
import protocols
import pytest
from hypothesis import settings

from dendritic_bp import standalone
from dendritic_bp.program import Program

settings.register_profile("busy", deadline=None)  # how long an example takes says something of the machine
settings.load_profile("busy")
DT = 0.1 * brian2.ms


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory):
    """Keep builds and runs of the tests out of the user's cache."""
    brian2.prefs.codegen.target = "numpy"  # else small tests of plain Brian2 wait for Cython
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("DENDRITIC_BP_CACHE")
    os.environ["DENDRITIC_BP_CACHE"] = str(folder)
    yield folder
    os.environ.pop("DENDRITIC_BP_CACHE")
    if before is not None:
        os.environ["DENDRITIC_BP_CACHE"] = before


@pytest.fixture(scope="session", autouse=True)
def quick_code():
    """Let small tests of plain Brian2, too, get their code in less time."""
    with standalone.quick_code():
        yield


@pytest.fixture(scope="module", autouse=True)
def old_objects():
    """Let Brian2, which looks for garbage at each run(), find the objects of one file of tests alone."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def program(build_cache):
    """Compile the network that most tests share, once."""
    return Program(protocols.noisy, "noisy").build()


@pytest.fixture(autouse=True)
def same_time_step():
    """Give every test the time step that Brian2 begins with."""
    brian2.defaultclock.dt = DT  # fixtures of a module may have left another
    yield
    brian2.defaultclock.dt = DT  # for fixtures of a session or module, which come first

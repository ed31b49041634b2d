"""A lab for each file of scenarios, and what a person needs when one fails: what was broken when, and what both hosts say of it."""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lab import SCRIPT, Lab  # noqa: E402

CANNOT = 77  # ctest's SKIP_RETURN_CODE


def pytest_sessionstart():
    possible = subprocess.run([SCRIPT, "possible"], capture_output=True, text=True, timeout=60)
    if possible.returncode != 0:
        pytest.exit("skipped: " + possible.stdout.strip() + possible.stderr.strip(), returncode=CANNOT)


@pytest.fixture(scope="module")
def lab(request):
    name = f"{request.module.__name__.removeprefix('test_').replace('_', '-')}-{os.getpid()}"
    with Lab(name, os.environ["HASYNC_BUILD"]) as lab:
        lab.west.sync_by_hand_only()
        yield lab


@pytest.fixture
def east(lab):
    return lab.east


@pytest.fixture
def west(lab):
    return lab.west


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call" and call.excinfo:
        for lab in Lab.up:
            told = lab.command("report", check=False)
            report.sections.append((f"the lab {lab.name}", told.stdout + told.stderr))

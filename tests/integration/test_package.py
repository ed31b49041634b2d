"""The Debian package that CPack makes of a build holds what a server needs, and asks for what hasync runs."""
import os
import pathlib
import re
import subprocess

import pytest

HASYNC = pathlib.Path(os.environ["HASYNC"])
README = pathlib.Path(os.environ["HASYNC_SOURCE_DIR"]) / "README.md"


def told(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    command, = re.findall(r"`(cpack .*?)`", README.read_text())
    told(*command.replace("build/release", str(HASYNC.parents[1])).replace("-B build ", f"-B {folder} ").split())
    package, = folder.glob("*.deb")
    return package


def test_it_asks_for_what_hasync_runs_and_is_linked_with(package):
    version = told(HASYNC, "version").split()[1]
    assert package.name == f"hasync_{version}_{told('dpkg', '--print-architecture').strip()}.deb"
    assert told("dpkg-deb", "--field", package, "Package", "Version") == f"Package: hasync\nVersion: {version}\n"
    depends = [each.split(" ")[0] for each in told("dpkg-deb", "--field", package, "Depends").strip().split(", ")]
    assert depends[:2] == ["rsync", "openssh-client"]
    assert {"libc6", "libcurl4", "libsqlite3-0", "libstdc++6"} <= set(depends)
    assert told("dpkg-deb", "--field", package, "Recommends").startswith("systemd | cron")


def test_it_holds_program_manual_and_sample_and_they_are_roots(package, tmp_path):
    listed = [line.split() for line in told("dpkg-deb", "--contents", package).splitlines()]
    assert {owner for _, owner, *_ in listed} == {"root/root"}
    files = {words[5]: words[0] for words in listed if words[0].startswith("-")}
    assert files.pop("./usr/bin/hasync") == "-rwxr-xr-x"
    assert {f"./usr/share/man/man{page[-1]}/{page}" for page in ("hasync.1", "hasync.yaml.5", "hasync-json.7")} <= set(files)
    assert {f"./usr/share/doc/hasync/{name}" for name in ("README.md", "copyright", "hasync.yaml")} <= set(files)
    assert set(files.values()) == {"-rw-r--r--"}
    told("dpkg-deb", "--extract", package, tmp_path)
    assert told(tmp_path / "usr/bin/hasync", "version") == told(HASYNC, "version")

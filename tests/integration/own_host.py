"""A host of the test's own, as far as a schedule sees one: where units, entries and crontabs are, and what systemctl(1) says."""
import ctypes
import functools
import os
import shutil
import subprocess

import pytest

from conftest import HASYNC, shim

ROOT = os.geteuid() == 0
CLONE_NEWNS = 0x00020000  # linux/sched.h

needs_root = pytest.mark.skipif(not ROOT, reason="a mount namespace of its own needs root")


PLACES = ("/etc/systemd/system", "/etc/cron.d", "/var/spool/cron")


def folder_of(pair, place):
    """What is at that place for in_own_namespace."""
    own = pair.folder / "private" / place.strip("/").replace("/", "-")
    own.mkdir(parents=True, exist_ok=True)
    return own


def cron_of(pair):
    """A program that does nothing, but is called cron: it runs beside each command."""
    cron = pair.folder / "private" / "cron"
    if not cron.exists():
        cron.parent.mkdir(exist_ok=True)
        shutil.copy("/bin/sleep", cron)
    return cron


def in_own_namespace(pair, *words, shims=None, before="", cron=True, program=HASYNC):
    """As root: in a mount and process namespace where /etc/systemd/system, /etc/cron.d and the crontabs are empty folders of the test's
    own, and a cron runs. `before` is shell that is run there first."""
    script = "set -e\n" + "".join(f"mount --bind {folder_of(pair, place)} {place}\n" for place in PLACES)
    (folder_of(pair, "/var/spool/cron") / "crontabs").mkdir(exist_ok=True)
    if cron:
        script += f"{cron_of(pair)} 100 >/dev/null 2>&1 &\n"
    path = f"{shims}:/usr/bin:/bin:/usr/sbin:/sbin" if shims else "/usr/bin:/bin:/usr/sbin:/sbin"
    return subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                           script + before + '\n"$@" || exit', "sh", program, *map(str, words)],
                          env=pair.environment(PATH=path), capture_output=True, text=True, timeout=60)


@pytest.fixture
def systemctl(tmp_path):
    """systemctl(1) cannot manage a host that did not boot with systemd: a shim records what it is asked, and answers `show` as
    systemd would after that. While the file `broken` is there, it fails as without a bus."""
    log, enabled, loaded, broken = (tmp_path / name for name in ("systemctl.log", "enabled", "loaded", "broken"))
    enabled.mkdir()
    loaded.mkdir()
    path = shim(tmp_path, "systemctl", f'''if [ -e {broken} ] && {{ [ "$(cat {broken})" = all ] || [ "$1" = "$(cat {broken})" ]; }}; then
  echo "Failed to connect to bus" >&2
  exit 1
fi
verb=$1 units=/etc/systemd/system wants=/etc/systemd/system/timers.target.wants
if [ "$verb" = show ]; then
  shift
  for unit; do case $unit in hasync-*)
    state=inactive file=disabled reload=no
    [ ! -e {enabled}/$unit ] || state=active file=enabled
    [ ! -e {loaded}/$unit ] || cmp -s {loaded}/$unit $units/$unit || reload=yes
    printf 'Id=%s\\nActiveState=%s\\nUnitFileState=%s\\nNeedDaemonReload=%s\\n\\n' $unit $state $file $reload ;;
  esac; done
  exit 0
fi
echo "$@" >>{log}
if [ "$verb" = daemon-reload ]; then
  rm -f {loaded}/*
  cp $units/hasync-*.* {loaded} 2>/dev/null
  exit 0
fi
for unit; do case $verb:$unit in
  enable:*.timer) : >{enabled}/$unit; mkdir -p $wants; [ -L $wants/$unit ] || ln -s $units/$unit $wants/$unit ;;
  disable:*.timer) rm -f {enabled}/$unit $wants/$unit; rmdir $wants 2>/dev/null ;;
esac; done
exit 0''')
    return path.split(":")[0], log


@functools.cache
def keep_mounts_to_ourselves():
    """What this process mounts from here on, only those see that it starts: a mount namespace that another test makes meanwhile
    would hold it beyond its end."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True, timeout=30)

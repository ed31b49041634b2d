"""Hosts where a schedule cannot be put into force as asked: said in one line, with what to do, before anything is changed."""
import pytest

from conftest import HASYNC, shim
from own_host import PLACES, folder_of, in_own_namespace, needs_root, systemctl  # noqa: F401  (a fixture)

OLD_LINE = "5 5 * * * mine\n"


def nothing_installed(pair):
    return not any(name for place in PLACES[:2] for name in folder_of(pair, place).iterdir()) and pair.json("schedule")["applied"] is False


@needs_root
def test_systemd_that_does_not_run_is_refused(pair):
    """With the real systemctl(1)."""
    done = in_own_namespace(pair, "apply", "--scheduler", "systemd")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("hasync: systemd does not run here: ")
    assert done.stderr.endswith("; choose another with --scheduler, as cron.d or crontab\n")
    assert nothing_installed(pair)


@needs_root
def test_a_host_without_systemctl_is_told_the_same(pair):
    done = in_own_namespace(pair, "apply", "--scheduler", "systemd", before="mount --bind /dev/null /usr/bin/systemctl")
    assert done.returncode == 1
    assert done.stderr.startswith("hasync: systemd does not run here: cannot start systemctl: ")
    assert done.stderr.endswith("; choose another with --scheduler, as cron.d or crontab\n")


READ_ONLY = "for each in /etc/systemd/system /etc/cron.d; do mount -o remount,bind,ro $each; done"


@needs_root
@pytest.mark.parametrize("scheduler, path", [("systemd", "/etc/systemd/system/hasync-sync.service"), ("cron.d", "/etc/cron.d/hasync")])
def test_an_etc_that_cannot_be_written_is_left_for_the_crontab(pair, systemctl, scheduler, path):
    done = in_own_namespace(pair, "apply", "--scheduler", scheduler, shims=systemctl[0], before=READ_ONLY)
    assert (done.returncode, done.stderr) == (1, f"hasync: cannot write {path}: Read-only file system; make its folder writable, or choose "
                                                 "another with --scheduler, as crontab; nothing was changed\n")
    assert nothing_installed(pair) and not systemctl[1].exists()
    assert in_own_namespace(pair, "apply", "--scheduler", "crontab", shims=systemctl[0], before=READ_ONLY).returncode == 0
    assert pair.json("schedule")["applied"] is True


@needs_root
@pytest.mark.parametrize("words", [("apply", "--scheduler", "crontab"), ("uninstall",)])
def test_what_cannot_be_taken_away_keeps_the_schedule_as_it_is(pair, systemctl, words):
    """Otherwise two schedulers would start the agents."""
    in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=systemctl[0])
    done = in_own_namespace(pair, *words, shims=systemctl[0], before=READ_ONLY)
    assert (done.returncode, done.stderr) == (1, "hasync: cannot remove /etc/cron.d/hasync: Read-only file system; it would go on starting "
                                                 "hasync, so make its folder writable first; nothing was changed\n")
    assert not (folder_of(pair, "/var/spool/cron") / "crontabs" / "root").exists()
    assert pair.json("schedule")["applied"] is True


@needs_root
@pytest.mark.parametrize("scheduler", ["systemd", "cron.d"])
def test_an_ordinary_user_is_told_what_to_choose(pair, scheduler):
    nobody, home = "65534", "/run/of-a-user"
    as_nobody = f"""mount -t tmpfs -o mode=755 run /run
cp {HASYNC} /run/hasync
mkdir {home}
cp {pair.config} {home}/hasync.yaml
chown -R {nobody} {home}"""
    done = in_own_namespace(pair, "--reuid", nobody, "--regid", nobody, "--clear-groups", "/run/hasync", "--config", f"{home}/hasync.yaml",
                            "--state-dir", f"{home}/state", "apply", "--scheduler", scheduler, program="setpriv", before=as_nobody)
    assert (done.returncode, done.stderr) == (1, f"hasync: only root can install for {scheduler}; run it as root, or choose systemd-user or "
                                                 "crontab with --scheduler\n")


@needs_root
@pytest.mark.parametrize("scheduler", ["cron.d", "crontab"])
def test_a_cron_that_does_not_run_is_warned_of(pair, scheduler):
    done = in_own_namespace(pair, "apply", "--scheduler", scheduler, cron=False)
    warning = "cron is not running, so nothing starts the agents; start it, as with: systemctl enable --now cron"
    assert done.returncode == 0 and f"warning    {warning}\n" in done.stdout
    assert f"✗ schedule             {scheduler}: {warning}\n" in in_own_namespace(pair, "check", cron=False).stdout
    assert f"✓ schedule             {scheduler}, every 15 min" in in_own_namespace(pair, "check").stdout
    assert warning not in in_own_namespace(pair, "apply", "--scheduler", scheduler).stdout


@needs_root
@pytest.mark.parametrize("scheduler, where", [("cron.d", "/etc/cron.d"), ("crontab", "the crontab")])
def test_a_host_without_cron_is_refused(pair, scheduler, where):
    done = in_own_namespace(pair, "apply", "--scheduler", scheduler, cron=False, before="mount --bind /dev/null /usr/sbin/cron")
    assert (done.returncode, done.stderr) == (1, f"hasync: no cron is installed, so nothing would start what is in {where}; install it (apt-get "
                                                 "install cron), or choose another with --scheduler\n")
    assert nothing_installed(pair)


@needs_root
def test_a_host_without_crontab_is_refused(pair):
    done = in_own_namespace(pair, "apply", "--scheduler", "crontab", before="mount --bind /dev/null /usr/bin/crontab")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("hasync: cannot start crontab: ")
    assert done.stderr.endswith("; install cron (apt-get install cron), or choose another with --scheduler\n")
    assert in_own_namespace(pair, "apply", "--scheduler", "cron.d", before="mount --bind /dev/null /usr/bin/crontab").returncode == 0


@needs_root
def test_a_user_who_may_not_use_crontab_is_told_why(pair):
    forbid = shim(pair.folder, "crontab", 'echo "You (root) are not allowed to use this program (crontab)" >&2; exit 1').split(":")[0]
    done = in_own_namespace(pair, "apply", "--scheduler", "crontab", shims=forbid)
    assert (done.returncode, done.stderr) == (1, "hasync: this user may not use crontab(1), see /etc/cron.allow and /etc/cron.deny; or choose "
                                                 "another with --scheduler, as systemd-user\n")
    assert in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=forbid).returncode == 0


def crontab_of(pair):
    return folder_of(pair, "/var/spool/cron") / "crontabs" / "root"


def editing_at(pair, what, turn):
    """The real crontab(1), but somebody adds a line just before its `turn`th call with `what`."""
    calls = pair.folder / f"calls-{what}"
    return shim(pair.folder, "crontab", f'''if [ "$1" = {what} ]; then
  echo >>{calls}
  if [ "$(wc -l <{calls})" = {turn} ]; then {{ /usr/bin/crontab -l 2>/dev/null; echo "{OLD_LINE.strip()}"; }} | /usr/bin/crontab -; fi
fi
exec /usr/bin/crontab "$@"''').split(":")[0]


@needs_root
@pytest.mark.parametrize("words", [("apply", "--scheduler", "crontab"), ("uninstall",)])
def test_a_crontab_that_somebody_else_edits_meanwhile_keeps_their_edit(pair, words):
    if words[0] == "uninstall":
        in_own_namespace(pair, "apply", "--scheduler", "crontab")
    looks = 3 if words[0] == "apply" else 2  # apply looks first whether crontab(1) may be used
    done = in_own_namespace(pair, *words, shims=editing_at(pair, "-l", looks))
    assert (done.returncode, done.stderr) == (1, "hasync: the crontab was changed by someone else meanwhile; theirs was kept, run the command "
                                                 "again\n")
    assert crontab_of(pair).read_text().endswith(OLD_LINE)
    assert in_own_namespace(pair, *words).returncode == 0
    assert crontab_of(pair).read_text().count(OLD_LINE) == 1
    assert ("# BEGIN hasync" in crontab_of(pair).read_text()) == (words[0] == "apply")


@needs_root
def test_an_edit_right_after_ours_that_knew_nothing_of_it_is_noticed(pair):
    """Somebody who had the old crontab open saves it: our entries are gone again."""
    crontab = shim(pair.folder, "crontab", f'''[ "$1" != -l ] || exec /usr/bin/crontab "$@"
/usr/bin/crontab "$@" && echo "{OLD_LINE.strip()}" | /usr/bin/crontab -''').split(":")[0]
    done = in_own_namespace(pair, "apply", "--scheduler", "crontab", shims=crontab)
    assert done.returncode == 1 and "changed by someone else meanwhile" in done.stderr
    assert crontab_of(pair).read_text().endswith(OLD_LINE) and pair.json("schedule")["applied"] is False


@needs_root
@pytest.mark.parametrize("words", [("apply", "--scheduler", "crontab"), ("apply", "--scheduler", "cron.d"), ("uninstall",)])
def test_a_damaged_block_is_left_to_its_owner(pair, words):
    in_own_namespace(pair, "apply", "--scheduler", "crontab")
    damaged = crontab_of(pair).read_text().replace("# END hasync\n", OLD_LINE)
    crontab_of(pair).write_text(damaged)
    done = in_own_namespace(pair, *words)
    assert (done.returncode, done.stderr) == (1, "hasync: the crontab's hasync block is damaged (a BEGIN line without its END); mend it with "
                                                 "crontab -e, nothing was changed\n")
    assert crontab_of(pair).read_text() == damaged and list(folder_of(pair, "/etc/cron.d").iterdir()) == []

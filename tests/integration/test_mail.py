"""The outbox against a real SMTP server and its faults."""
import email
import email.policy
import subprocess

import pytest

from servers import MailServer, SilentServer, free_port, make_certificate


@pytest.fixture
def failing(pair):
    """A pair whose next sync fails, and so has something to tell."""
    pair.source.rmdir()
    pair.set("notify", email={"to": ["ops@example.com", "boss@example.com"], "from": "hasync@west.example.net"})
    return pair


def use(pair, url, **more):
    pair.settings["notify"]["smtp"] = {"url": url, "tls": "none", "timeout": "1s", **more}
    pair.save()


def queue(pair):
    return pair.json("notify", "queue")["mails"]


def test_a_failed_sync_is_told_once_to_all_in_proper_mail(failing):
    with MailServer() as server:
        use(failing, server.url)
        for _ in range(3):
            assert failing.run("sync").returncode == 1
        assert len(server.mails) == 1 and queue(failing) == []
        recipients, text = server.mails[0]
        assert sorted(recipients) == ["boss@example.com", "ops@example.com"]
        message = email.message_from_string(text, policy=email.policy.default)
        assert message["Subject"] == "[hasync west] SYNC FAILED: the data of east is not coming in"
        assert message["From"].addresses[0].addr_spec == "hasync@west.example.net"
        assert message["Date"].datetime.utcoffset().total_seconds() == 0
        assert message["Message-ID"].startswith("<hasync.") and message["Auto-Submitted"] == "auto-generated"
        body = message.get_body().get_content()
        assert "dataset app: east has no folder" in body and "there is no recovery point at all" in body
        assert max(len(line) for line in text.split("\r\n")) <= 998
        failing.source.mkdir()
        (failing.source / "f").write_text("1")
        failing.ok("sync")
        assert email.message_from_string(server.mails[1][1])["Subject"] == "[hasync west] sync works again"


def test_completion_is_told_only_when_wanted(failing):
    with MailServer() as server:
        failing.source.mkdir()
        (failing.source / "f").write_text("1")
        use(failing, server.url)
        failing.ok("sync")
        assert server.mails == []
        failing.set("notify", on_sync_completion=True)
        (failing.source / "f").write_text("22")
        failing.ok("sync")
        failing.ok("sync")
        assert len(server.mails) == 1


def test_a_server_that_is_down_delays_mail_and_loses_none(failing):
    port = free_port()
    use(failing, f"smtp://127.0.0.1:{port}")
    failing.run("sync")
    waiting = queue(failing)
    assert len(waiting) == 1 and waiting[0]["tries"] == 1
    assert waiting[0]["note"] == f"no connection to smtp://127.0.0.1:{port}; is it up?"
    assert failing.json("status")["mail"] == {"queued": 2, "failed": 0}
    flushed = failing.run("notify", "flush")
    assert (flushed.returncode, flushed.stdout) == (1, "0 sent, 0 refused, 2 waiting\n")
    with MailServer(port=port) as server:
        failing.ok("agent", "notify")  # its next try has not come yet
        assert server.mails == []
        assert failing.ok("notify", "flush") == "2 sent, 0 refused, 0 waiting\n"
        failing.ok("notify", "flush")
        assert len(server.mails) == 1


def test_no_mail_overtakes_an_older_one(failing):
    down = free_port()
    use(failing, f"smtp://127.0.0.1:{down}")
    assert failing.run("sync").returncode == 1
    assert [mail["tries"] for mail in queue(failing)] == [1]
    failing.source.mkdir()
    (failing.source / "f").write_text("1")
    with MailServer(port=down) as server:
        failing.ok("sync")
        subjects = [email.message_from_string(text)["Subject"] for _, text in server.mails]
        assert subjects == ["[hasync west] SYNC FAILED: the data of east is not coming in", "[hasync west] sync works again"]


def test_each_recipient_has_an_answer_of_its_own(failing):
    with MailServer(refuse=["boss@example.com"]) as server:
        use(failing, server.url)
        failing.run("sync")
        assert server.mails[0][0] == ["ops@example.com"]
        assert failing.json("status")["mail"] == {"queued": 0, "failed": 1}
        item = failing.history("mails")[0]
        assert "boss@example.com failed, ops@example.com sent" in item["summary"] and "550 5.1.1 no such user here" in item["summary"]


def test_a_recipient_put_off_gets_it_later_and_the_other_not_twice(failing):
    port = free_port()
    with MailServer(later=["boss@example.com"], port=port) as server:
        use(failing, server.url)
        failing.run("sync")
        assert server.mails[0][0] == ["ops@example.com"]
        assert [mail["recipients"] for mail in queue(failing)] == [["boss@example.com"]]
    with MailServer(port=port) as server:
        failing.ok("notify", "flush")
        assert [recipients for recipients, _ in server.mails] == [["boss@example.com"]]


def test_a_server_that_hangs_after_the_data_is_bounded_and_the_mail_is_kept(failing):
    with MailServer(hang=True) as server:
        use(failing, server.url)
        failing.run("sync", timeout=30)
        assert len(queue(failing)) == 1 and "did not answer within 1 s" in queue(failing)[0]["note"]


def test_a_server_that_says_nothing_is_bounded(failing):
    with SilentServer() as server:
        use(failing, f"smtp://127.0.0.1:{server.port}")
        failing.run("sync", timeout=30)
        assert len(queue(failing)) == 1


def test_tls_is_required_and_verified(failing, tmp_path):
    with MailServer() as clear:
        use(failing, clear.url, tls="required")
        failing.run("sync")
        assert clear.mails == []
        assert f"{clear.url} offers no TLS, so nothing was sent" in queue(failing)[0]["note"]
    tls = make_certificate(tmp_path)
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    with MailServer(tls=tls, login=("hasync", "s3cret")) as server:
        use(failing, server.url, tls="required")
        assert failing.run("notify", "flush").returncode == 1
        assert "is not trusted, so nothing was sent" in queue(failing)[0]["note"] and server.mails == []
        use(failing, server.url, tls="required", ca_file=str(tls[1]), username="hasync", password_file=str(secret))
        assert failing.ok("notify", "flush") == "2 sent, 0 refused, 0 waiting\n"
        assert server.sessions[0].ssl is not None and server.sessions[0].authenticated
        dialogue = failing.ok("notify", "test", "--dialogue")
        assert "(login, not shown)" in dialogue and "accepted ops@example.com: 250 OK" in dialogue
        import base64
        assert "s3cret" not in dialogue and base64.b64encode(b"\0hasync\0s3cret").decode() not in dialogue
        secret.write_text("wrong\n")
        denied = failing.run("notify", "test")
        assert denied.returncode == 1 and "refuses the login of notify.smtp.username" in denied.stderr


def test_a_password_others_can_read_is_refused(failing, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    secret.chmod(0o644)
    tls = make_certificate(tmp_path)
    with MailServer(tls=tls, login=("hasync", "s3cret")) as server:
        use(failing, server.url, tls="required", ca_file=str(tls[1]), username="hasync", password_file=str(secret))
        refused = failing.run("config", "check")
        assert refused.returncode == 3 and f"run: chmod 600 {secret}" in refused.stderr
        failing.run("sync")  # goes on, but the password is not used
        assert server.mails == [] and queue(failing)[0]["note"] == f"{secret} can be read by others, so it is not used; run: chmod 600 {secret}"


def test_a_sender_that_is_refused_is_told_in_the_words_of_the_server(failing):
    with MailServer(refuse_sender=True) as server:
        use(failing, server.url)
        failing.run("sync")
        assert queue(failing)[0]["note"] == f"{server.url}: 550 5.7.1 sender not allowed"


def test_two_flushes_at_once_send_each_mail_once(failing):
    port = free_port()
    use(failing, f"smtp://127.0.0.1:{port}")
    failing.run("sync")
    with MailServer(port=port) as server:
        running = [failing.start("notify", "flush") for _ in range(6)]
        for each in running:
            each.communicate(timeout=60)
        assert len(server.mails) == 1


def test_nobody_to_tell_is_an_error_of_notify_test_alone(pair):
    done = pair.run("notify", "test")
    assert (done.returncode, done.stderr) == (3, "hasync: notify.email.to is empty; set it first: hasync config set notify.email.to=ops@example.com\n")
    assert pair.ok("notify", "queue") == "nothing is queued\n"

"""A pair with a service that can die, a mail server, and steps that leave a trace."""
import email
import email.header


class Town:
    def __init__(self, pair, server, mail):
        self.pair, self.server, self.mail = pair, server, mail
        self.trace = pair.folder / "trace"
        (pair.source / "f").write_text("data of east")
        pair.settings["heartbeat"]["probes"] = [{"name": "web", "type": "http", "url": server.url}]
        pair.settings["notify"] = {"email": {"to": ["ops@example.com"], "from": "hasync@west.example.net"},
                                   "smtp": {"url": mail.url, "tls": "none", "timeout": "2s"}}
        pair.settings["failover"] = {"action": "promote", "promote": [self.step("start app")], "demote": [self.step("stop app")]}
        pair.save()

    def step(self, name, body="", **more):
        return {"name": name, "run": ["sh", "-c", f"echo {name} $HASYNC_TERM $HASYNC_NODE $HASYNC_PEER >>{self.trace}; {body}"], **more}

    def steps_run(self):
        return self.trace.read_text().splitlines() if self.trace.exists() else []

    def text(self, which):
        """The mail's words, without the line breaks of its wrapping."""
        message = email.message_from_string(self.mail.mails[which][1])
        return "".join(part.get_payload(decode=True).decode() for part in message.walk() if part.get_content_type() == "text/plain")

    def subjects(self):
        return [str(email.header.make_header(email.header.decode_header(email.message_from_string(text)["Subject"]))) for _, text in self.mail.mails]

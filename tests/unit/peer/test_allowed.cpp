#include "peer/allowed.hpp"

#include "base/text.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::peer;

namespace {

const std::vector<std::string> sources{"/srv/app", "/srv/app two"};
const std::vector<std::vector<std::string>> dumps{{"pg_dump", "--dbname=postgresql:///app"},
                                                  {"hasync", "agent", "dump", "sqlite", "/srv/my app.db"}};

std::string verdict(const std::string& command, Confinement confinement = Confinement::possible) {
  const auto permission = allow(command, {sources, dumps}, confinement);
  if (!permission) return permission.error().code == ExitCode::unsafe ? permission.error().message : "wrong code";
  if (permission->what == Permission::What::dump) return "dump " + join(permission->argv, " ");
  return (permission->what == Permission::What::send ? "send " : "describe ") + join(permission->sources, ",");
}

std::string sender(const std::string& words) { return "rsync --server --sender " + words; }

}  // namespace

TEST_CASE("rsync may send the source of a dataset, as hasync makes it ask for it") {
  for (const std::string options :
       {"-nlHogDtpAXrcSe.iLsfxCIvu --timeout=86400 --checksum-choice=xxh128 --numeric-ids",
        "-nlHogDtpAXrSe.iLsfxCIvu --timeout=120 --numeric-ids", "-lHogDtpAXrSe.LsfxCIvu --timeout=120 --bwlimit=20",
        "-lHogDtpAXRSe.LsfxCIvu --timeout=120 --ignore-missing-args --numeric-ids --inplace --files-from=- --from0 "
        "--no-implied-dirs",
        "-lHogDtpAXRSe.LsfxCIvu --delete-missing-args --compress-level=3", "-logDtprze31.12",
        "-lHogDtpAXrcSze.iLsfxCIvu --checksum-choice=xxh3 --compress-choice=zstd --new-compress", "-lr", "-e.",
        "--partial --sparse --relative --checksum --compress --no-r --log-format=%i --info=STATS2 --whole-file"}) {
    INFO(options);
    CHECK(verdict(sender(options + " . /srv/app/")) == "send /srv/app");
  }
  CHECK(verdict(sender("-lre.i . /srv/app\\ two/")) == "send /srv/app two");
  CHECK(allow(sender("-lre.i . '/srv/app two/'"), {sources, dumps}, Confinement::possible)->argv ==
        std::vector<std::string>{"rsync", "--server", "--sender", "-lre.i", ".", "/srv/app two/"});
}

TEST_CASE("the dump of a dataset is allowed word for word") {
  CHECK(verdict("pg_dump --dbname=postgresql:///app") == "dump pg_dump --dbname=postgresql:///app");
  CHECK(verdict("hasync agent dump sqlite '/srv/my app.db'") == "dump hasync agent dump sqlite /srv/my app.db");
  for (const std::string other :
       {"pg_dump", "pg_dump --dbname=postgresql:///other", "pg_dump --dbname=postgresql:///app --file=/etc/passwd",
        "hasync agent dump sqlite /etc/shadow", "hasync agent dump sqlite '/srv/my app.db' x", "hasync agent dump"}) {
    INFO(other);
    CHECK_FALSE(allow(other, {sources, dumps}, Confinement::possible));
  }
}

TEST_CASE("of any command it may be asked whether it is a dump") {
  const auto asked = allow("hasync agent describe --source /srv/app --dump 'id -u' --dump pg_dump", {sources, dumps},
                           Confinement::possible);
  REQUIRE(asked);
  CHECK(asked->what == Permission::What::describe);
  CHECK(asked->sources == std::vector<std::string>{"/srv/app"});
  CHECK(asked->dumps == std::vector<std::string>{"id -u", "pg_dump"});
}

TEST_CASE("every other option of rsync is refused") {
  for (const std::string option : {"--rsync-path=/bin/sh",
                                   "--rsh=sh",
                                   "-esh",
                                   "-e",
                                   "-lre/bin/sh",
                                   "-lre.i/x",
                                   "-lre1",
                                   "-le.i;x",
                                   "--remove-source-files",
                                   "--remove-sent-files",
                                   "--copy-links",
                                   "-L",
                                   "-lLre.i",
                                   "--copy-unsafe-links",
                                   "--copy-dirlinks",
                                   "-lkre.i",
                                   "--copy-dest=/etc",
                                   "--link-dest=/etc",
                                   "--compare-dest=/etc",
                                   "--files-from=/etc/passwd",
                                   "--files-from",
                                   "--files-from=",
                                   "--files-from=--",
                                   "--log-file=/tmp/x",
                                   "--log-file-format=x",
                                   "--daemon",
                                   "--config=/x",
                                   "--secluded-args",
                                   "-s",
                                   "-slre.i",
                                   "--protect-args",
                                   "--partial-dir=/x",
                                   "--temp-dir=/x",
                                   "-T/x",
                                   "--write-batch=/x",
                                   "--read-batch=/x",
                                   "--exclude-from=/x",
                                   "--include-from=/x",
                                   "--filter=._/x",
                                   "-f._/x",
                                   "--password-file=/x",
                                   "--iconv=utf8",
                                   "--sender",
                                   "--server",
                                   "--backup-dir=/x",
                                   "--suffix=x",
                                   "--super",
                                   "--fake-super",
                                   "--copy-as=root",
                                   "--usermap=*:root",
                                   "--chmod=7777",
                                   "--delete",
                                   "--append",
                                   "--timeout=",
                                   "--timeout=1x",
                                   "--timeout=-1",
                                   "--timeout",
                                   "--info=a b",
                                   "--log-format=%f",
                                   "--checksum-choice=/x",
                                   "--block-size=1",
                                   "-B1",
                                   "--open-noatime",
                                   "--write-devices",
                                   "--copy-devices",
                                   "--",
                                   "-",
                                   "-v",
                                   "-lvre.i",
                                   "-M--log-file=/x",
                                   "--remote-option=x",
                                   "--stop-at=1",
                                   "--help"}) {
    INFO(option);
    CHECK(verdict(sender("-lre.i " + shell_word(option) + " . /srv/app/")) ==
          "\"" + option + "\" is no option that hasync gives rsync");
  }
}

TEST_CASE("rsync sends one source, byte for byte, and nothing else") {
  for (const std::string path : {"/srv/app", "/srv/app//", "/srv/app/./", "/srv/app/../app/", "/srv/app/..",
                                 "/srv/app/../", "/srv/app/x", "/srv//app/", "//srv/app/", "/srv/app2/", "/srv/ap/",
                                 "/srv/", "/", "", "./srv/app/", "/srv/APP/", "srv/app/"}) {
    INFO(path);
    CHECK(verdict(sender("-lre.i . " + shell_word(path))) == "\"" + path + "\" is not the source of a dataset");
  }
  const std::string shape = "after the options of rsync comes one folder, and nothing else";
  CHECK(verdict(sender("-lre.i . /srv/app/ /srv/app/")) == shape);
  CHECK(verdict(sender("-lre.i . /srv/app/ /etc/")) == shape);
  CHECK(verdict(sender("-lre.i . /srv/app/ --copy-links")) == shape);
  CHECK(verdict(sender("-lre.i /etc . /srv/app/")) == shape);
  CHECK(verdict(sender("-lre.i /srv/app/")) == shape);
  CHECK(verdict(sender("-lre.i .")) == shape);
  CHECK(verdict(sender("-lre.i")) == shape);
  CHECK(verdict(sender("-lre.i '' /srv/app/")) == shape);
  CHECK(verdict(sender("-lre.i . /srv/app\\ two/x")) == "\"/srv/app two/x\" is not the source of a dataset");
}

TEST_CASE("rsync may do nothing but send") {
  const std::string only = "rsync may do nothing but send: rsync --server --sender";
  for (const std::string command : {"rsync --server -lre.i . /srv/app/", "rsync", "rsync --server", "rsync --version",
                                    "rsync --sender --server . /srv/app/", "rsync --daemon", "rsync /srv/app/ /tmp/"}) {
    INFO(command);
    CHECK(verdict(command) == only);
  }
}

TEST_CASE("without Landlock no list of files is taken from the peer") {
  const auto listed = sender("-lRe.i --files-from=- --from0 . /srv/app/");
  CHECK(verdict(listed) == "send /srv/app");
  CHECK(verdict(listed, Confinement::impossible) ==
        "--files-from needs Landlock, which the kernel here does not have: rsync could not be kept from reading "
        "elsewhere");
  CHECK(verdict(sender("-lre.i . /srv/app/"), Confinement::impossible) == "send /srv/app");
}

TEST_CASE("hasync may describe the node, and the sources of its datasets") {
  CHECK(verdict("hasync agent describe") == "describe ");
  CHECK(verdict("hasync agent describe --source /srv/app --source '/srv/app two'") == "describe /srv/app,/srv/app two");
  CHECK(verdict("hasync agent describe --source /etc") == "\"/etc\" is not the source of a dataset");
  CHECK(verdict("hasync agent describe --source /srv/app/") == "\"/srv/app/\" is not the source of a dataset");
  const std::string options = "hasync agent describe takes nothing but --source PATH and --dump COMMAND";
  CHECK(verdict("hasync agent describe --source") == options);
  CHECK(verdict("hasync agent describe --config /tmp/x") == options);
  CHECK(verdict("hasync agent describe /srv/app") == options);
  const std::string only = "hasync may do nothing but describe this node: hasync agent describe";
  for (const std::string command :
       {"hasync", "hasync agent", "hasync agent serve", "hasync promote", "hasync agent sync",
        "hasync --config /tmp/x agent describe", "hasync config edit"}) {
    INFO(command);
    CHECK(verdict(command) == only);
  }
}

TEST_CASE("nothing else is started") {
  CHECK(verdict("") == "this key opens no shell");
  CHECK(verdict("sh -c id") == "\"sh\" is not rsync or hasync, nor the dump of a dataset in the settings here");
  CHECK(verdict("/usr/bin/rsync --server --sender -lre.i . /srv/app/") ==
        "\"/usr/bin/rsync\" is not rsync or hasync, nor the dump of a dataset in the settings here");
  CHECK(verdict("RSYNC_RSH=x rsync --server") ==
        "\"RSYNC_RSH=x\" is not rsync or hasync, nor the dump of a dataset in the settings here");
  CHECK(verdict("internal-sftp") ==
        "\"internal-sftp\" is not rsync or hasync, nor the dump of a dataset in the settings here");
  CHECK(verdict(sender("-lre.i . /srv/app/; id")) == "\";\" means more to a shell than itself");
  CHECK(verdict(sender("-lre.i . /srv/app/\nid")) == "\"\\n\" means more to a shell than itself");
  CHECK(verdict(sender("-lre.i . $(id)/srv/app/")) == "\"$\" means more to a shell than itself");
  CHECK(verdict("rsync\\ --server") ==
        "\"rsync --server\" is not rsync or hasync, nor the dump of a dataset in the settings here");
}

TEST_CASE("what the peer sends is the folders of the datasets") {
  config::Config settings;
  settings.sync.datasets = {{.name = "app", .source = "/srv/app"}, {.name = "two", .source = "/srv/app two"}};
  CHECK(folders_of(settings) == sources);
}

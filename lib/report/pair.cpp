#include "report/pair.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

std::string tell_answer(const Paired& paired) {
  const auto& name = paired.pairing.peer.name;
  if (!paired.told) return "not asked";
  const auto& told = *paired.told;
  if (told)
    return fmt::format("{} answers: {}, term {}, hasync {}", name, store::role_name(told->role), told->term,
                       told->version);
  // ssh got through: what is missing is hasync there, or its settings.
  if (told.error().code != ExitCode::unreachable)
    return fmt::format("{} lets the key in, and does not answer yet: {}", name, told.error().message);
  return fmt::format("{} does not let the key in yet: {}", name, told.error().message);
}

std::string as_json(const Changes& changes, const Paired& paired) {
  auto json = object("pair");
  json["changed"] = changes.any();
  json["diff"] = Json::array();
  for (const auto& change : changes.all())
    json["diff"].push_back({{"what", change.what}, {"before", change.before}, {"after", change.after}});
  json["host_key"] = paired.pairing.host_key.fingerprint;
  json["authorized_keys"] = paired.line;
  json["answers"] = paired.told && *paired.told;
  json["words"] = tell_answer(paired);
  return dump(json);
}

}  // namespace

std::string render_host_key(const agent::Pairing& pairing) {
  const auto& name = pairing.peer.name;
  return fmt::format(
      "{0} ({1}) answers with the host key\n  {2}\ncompare it on {0}: ssh-keygen -lf "
      "/etc/ssh/ssh_host_ed25519_key.pub\nIs it the key of {0}? yes pins it\n[no] > ",
      name, pairing.peer.host, pairing.host_key.fingerprint);
}

std::string render(const Changes& changes, const Paired& paired, Format format) {
  if (format == Format::json) return as_json(changes, paired);
  const auto& peer = paired.pairing.peer;
  auto text = render(changes, format);
  if (!paired.installed)
    text += fmt::format("{} lets this key in by this line of authorized_keys of {}:\n{}\n", peer.name, peer.user,
                        paired.line);
  if (paired.told) text += printable(tell_answer(paired)) + "\n";
  const bool shut_out = paired.told && !*paired.told && paired.told->error().code == ExitCode::unreachable;
  if (shut_out && !paired.installed)
    text +=
        fmt::format("next: add the line on {}, or: hasync pair --install; then, to try it: hasync pair\n", peer.name);
  return text;
}

}  // namespace hasync::report

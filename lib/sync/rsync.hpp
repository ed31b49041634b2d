// rsync(1) as hasync calls it: argv, and what its exit status means. Pure; sync/changes.hpp reads its output.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::sync {

// A path as a list has it (--files-from, --from0), its NUL included. What begins with "#" or ";" rsync would take for a
// comment.
std::string listed(const std::string& path);

// A dry run that lists what differs between the source and `newest`, the dataset's folder in the newest point.
std::vector<std::string> plan_argv(const config::Config& settings, const config::Dataset& dataset,
                                   const std::string& newest);
// The same, but that everything is read, and nothing taken for the same by its size and time.
std::vector<std::string> compare_argv(const config::Config& settings, const config::Dataset& dataset,
                                      const std::string& folder);
// A dry run that lists what there is in the source of what `list` names ("-": its standard input), as paths that each
// end with NUL, and which are hard links of which; `nowhere` is no folder.
std::vector<std::string> look_argv(const config::Config& settings, const config::Dataset& dataset,
                                   const std::string& list, const std::string& nowhere);
// Fetches what its standard input names so into the empty folder `target`: a file that `newest` has (empty: there is
// none) is copied, not shared.
std::vector<std::string> transfer_apart_argv(const config::Config& settings, const config::Dataset& dataset,
                                             const std::string& newest, const std::string& target);
// The same, but a file that is what `guessed` has by its name, by checksum and not only by size and time, is shared
// with that.
std::vector<std::string> transfer_moved_argv(const config::Config& settings, const config::Dataset& dataset,
                                             const std::string& guessed, const std::string& target);
// What is here already. What is the same in one of the folders is shared with it by hard links, or copied where that
// cannot be.
struct AtHand {
  std::string newest{};                    // the dataset's folder in the newest point; empty: there is none
  std::string apart{};                     // what is in there comes before that; empty: nothing is
  std::vector<std::string> interrupted{};  // and in runs that did not come to their end; what is shared is listed, too
  bool on_disk = true;                     // all of that; else nothing of it is shared, and only what differs is sent
  std::string parts{};                     // where parts of files are and are kept; empty: nowhere
  bool begun = false;                      // some are there, so that only what differs is to be sent
};
enum class Progress { silent, told };
// Whether what is sent is to be compressed: worth its time only where the network is what a run waits for. What does
// not become smaller rsync leaves as it is (rsync(1), --skip-compress).
bool is_slow_link(const config::Config& settings);
// Fills the empty folder `target` with all of the source.
std::vector<std::string> transfer_argv(const config::Config& settings, const config::Dataset& dataset,
                                       const AtHand& at_hand, const std::string& target, Progress progress);
// Fetches into `target` what `list` names, a file of paths that each end with NUL, and leaves alone what is there. "."
// may not be in it: to rsync that is all that is in the source's folder, too, and where a file of `target` is a folder
// there by now, it sets the time of the file, which may be one with those of earlier points.
std::vector<std::string> transfer_listed_argv(const config::Config& settings, const config::Dataset& dataset,
                                              const AtHand& at_hand, const std::string& list, const std::string& target,
                                              Progress progress);
// Makes the folder `target` itself, and nothing in it, what the source's is.
std::vector<std::string> folder_itself_argv(const config::Config& settings, const config::Dataset& dataset,
                                            const std::string& target);
// For a store whose file system lists ACLs twice (os/file_system.hpp): that an ACL is an attribute of a name that the
// source does not have is no difference to rsync, which would remove it. With such a rule its own ones do not hold
// (rsync(1), --xattrs), so they are given, too; for both sides, whatever --delete-excluded does to those that name
// none.
std::vector<std::string> attribute_filters(const config::Config& settings);
// Within the store: what `list` names in `from` is shared with `into`.
std::vector<std::string> share_argv(const std::string& from, const std::string& into, const std::string& list);
// The folders that `names` name below `from`, without what is in them, get everything that they have there below
// `into`, too.
std::vector<std::string> folders_argv(const std::string& from, const std::vector<std::string>& names,
                                      const std::string& into);

// Nothing: success. Otherwise the error; a note for exit status 24, which is a success (files that vanished while they
// were read).
struct Judged {
  std::optional<Error> error{};
  std::string note{};
};
Judged judge(const config::Config& settings, const config::Dataset& dataset, const ProcessResult& result);

}  // namespace hasync::sync

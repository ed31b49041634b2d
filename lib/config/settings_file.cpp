#include "config/settings_file.hpp"

#include "config/load.hpp"
#include "os/atomic_file.hpp"
#include "os/file_lock.hpp"

namespace hasync::config {

Result<Edited> plan_edit(const std::string& path, const Rewrite& rewrite) {
  HASYNC_TRY(const auto text, read_settings(path));
  HASYNC_TRY(auto edited, rewrite(text));
  HASYNC_TRY(const auto loaded, load_text(edited.text, path));
  HASYNC_CHECK(check_named_files(loaded, edited.text, path));
  return edited;
}

Result<Edited> edit_file(const std::string& path, const Rewrite& rewrite, const BeforeWriting& before_writing) {
  HASYNC_CHECK(read_settings(path));
  HASYNC_TRY(const auto lock, FileLock::wait(path));
  HASYNC_TRY(auto edited, plan_edit(path, rewrite));
  if (edited.text == edited.before) return edited;
  before_writing(edited);
  HASYNC_CHECK(replace_file(path, edited.text));
  return edited;
}

}  // namespace hasync::config

#include "sync/dump_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "config/datasets.hpp"
#include "os/atomic_file.hpp"
#include "os/tree.hpp"
#include "store/application_database.hpp"
#include "sync/dumps.hpp"

namespace hasync::sync {
namespace {

// Takes a stream apart into the line before it, where there is one, and the dump, which goes into a file.
class DumpFile {
 public:
  enum class Begins { with_the_dump, with_its_ownership };

  static Result<DumpFile> make(std::string path, Begins begins, std::int64_t most) {
    Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) return fail(os_error(fmt::format("cannot make {}", path), errno));
    return DumpFile{std::move(file), std::move(path), begins, most};
  }

  Result<void> take(std::string_view chunk) {
    if (begins_ == Begins::with_its_ownership && !ownership_) {
      head_ += chunk.substr(0, longest_ownership);
      const auto end = head_.find('\n');
      if (end == std::string::npos && head_.size() < longest_ownership) return {};
      ownership_ = end == std::string::npos ? std::nullopt : read_ownership(head_.substr(0, end));
      if (!ownership_) return fail(ExitCode::failed, "what came is not what hasync agent dump tells first");
      const auto rest = std::move(head_);
      HASYNC_CHECK(write(std::string_view{rest}.substr(end + 1)));
      chunk.remove_prefix(std::min(chunk.size(), longest_ownership));
    }
    return write(chunk);
  }

  // The file gets the mode and, where we may, the owner of the original.
  Result<void> finish() {
    if (begins_ == Begins::with_its_ownership && !ownership_) return fail(ExitCode::failed, "the dump broke off");
    if (!ownership_) return {};
    // A later change of owner would take setuid away, and the mode is what must be right.
    if (::geteuid() == 0 && ::fchown(file_.get(), ownership_->user, ownership_->group) != 0)
      return fail(os_error(fmt::format("cannot give {} its owner", path_), errno));
    if (::fchmod(file_.get(), ownership_->mode) != 0)
      return fail(os_error(fmt::format("cannot give {} its mode", path_), errno));
    return {};
  }

  // What arrived was not it.
  Result<void> remove() {
    if (::unlink(path_.c_str()) != 0) return fail(os_error(fmt::format("cannot remove {}", path_), errno));
    return {};
  }

  std::int64_t bytes() const { return bytes_; }

 private:
  DumpFile(Fd file, std::string path, Begins begins, std::int64_t most)
      : file_(std::move(file)), path_(std::move(path)), begins_(begins), most_(most) {}

  Result<void> write(std::string_view chunk) {
    bytes_ += static_cast<std::int64_t>(chunk.size());
    if (most_ > 0 && bytes_ > most_)
      return fail(ExitCode::failed, fmt::format("the dump is larger than its max_size {}; if that is right, set a "
                                                "larger one",
                                                tell_size(most_)));
    while (!chunk.empty()) {
      const auto written = ::write(file_.get(), chunk.data(), chunk.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail(os_error(fmt::format("cannot write {}", path_), errno));
      chunk.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Fd file_;
  std::string path_;
  Begins begins_;
  std::int64_t most_;
  std::int64_t bytes_ = 0;
  std::string head_;
  std::optional<Ownership> ownership_;
};

// Whether both are there and have the same bytes, mode and owner. Archives of pg_dump: but for when they were made.
Result<bool> same_file(const std::string& one, const std::string& other, const std::function<bool()>& is_stopped) {
  const Fd first{::open(one.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  const Fd second{::open(other.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  struct stat a {
  }, b{};
  if (!first || !second || ::fstat(first.get(), &a) != 0 || ::fstat(second.get(), &b) != 0) return false;
  if (a.st_size != b.st_size || a.st_mode != b.st_mode || a.st_uid != b.st_uid || a.st_gid != b.st_gid) return false;
  std::array<char, 65536> left{}, right{};
  for (off_t at = 0; at < a.st_size;) {
    if (is_stopped()) return fail(ExitCode::interrupted, "interrupted");
    const auto got = ::pread(first.get(), left.data(), left.size(), at);
    if (got <= 0 || ::pread(second.get(), right.data(), static_cast<std::size_t>(got), at) != got) return false;
    const auto span = at == 0 ? creation_time({left.data(), static_cast<std::size_t>(got)}) : std::nullopt;
    if (span) std::copy(left.begin() + span->begin, left.begin() + span->end, right.begin() + span->begin);
    if (!std::equal(left.begin(), left.begin() + got, right.begin())) return false;
    at += got;
  }
  return true;
}

bool same_roles(const std::string& one, const std::string& other) {
  const auto first = read_file(one), second = read_file(other);
  return first && second && without_keys(*first) == without_keys(*second);
}

// A point that is a subvolume shares no file with what is outside of it; what was made is as good.
Result<void> share(const std::string& newest, const std::string& made) {
  const auto linked = made + ".shared";
  if (::link(newest.c_str(), linked.c_str()) != 0 && errno == EXDEV) return {};
  if (::rename(linked.c_str(), made.c_str()) != 0)
    return fail(os_error(fmt::format("cannot share {} as {}", newest, made), errno));
  return {};
}

class Dump {
 public:
  Dump(const DumpOrder& order, const DumpTerms& terms, const Interrupt& stop, Clock& clock, ProcessRunner& runner)
      : order_(order), terms_(terms), stop_(stop), clock_(clock), runner_(runner) {}

  Result<Dumped> make() {
    HASYNC_CHECK(make_folders(order_.target));
    for (const auto& part : dump_parts(order_.dataset)) {
      HASYNC_TRY(const auto fetched, fetch(part));
      if (!fetched) continue;
      dumped_.counts += Counts{.files = 1, .bytes = *fetched, .transferred = *fetched};
      HASYNC_CHECK(keep(part));
    }
    return dumped_;
  }

 private:
  // Its bytes; none: it cannot be had, and the dump does without.
  Result<std::optional<std::int64_t>> fetch(const DumpPart& part) {
    const auto path = order_.target + "/" + part.file;
    HASYNC_TRY(auto file, DumpFile::make(path, begins(), config::dump_limit(order_.dataset)));
    auto program = part.argv.front();
    HASYNC_TRY(auto ended, stream(part.argv, file));
    if (part.otherwise_when != nullptr && part.otherwise_when(ended)) {
      HASYNC_CHECK(file.remove());
      if (part.otherwise.empty()) {
        dumped_.note = tell_without(part, ended);
        return std::nullopt;
      }
      if (!part.note.empty()) dumped_.note = part.note;
      HASYNC_TRY(file, DumpFile::make(path, begins(), config::dump_limit(order_.dataset)));
      HASYNC_TRY(ended, stream(part.otherwise, file));
      program = part.otherwise.front();
    }
    if (auto error = judge_dump(terms_.settings, order_.dataset, program, ended)) return fail(std::move(*error));
    HASYNC_CHECK(file.finish());
    if (auto refusal = refuse_empty_dump(terms_.settings, order_.dataset, file.bytes(), terms_.forced))
      return fail(std::move(*refusal));
    return std::optional{file.bytes()};
  }

  Result<ProcessResult> stream(const std::vector<std::string>& argv, DumpFile& file) {
    ProcessSpec spec = spec_of(from_here(terms_.settings, argv));
    // Here the peer's hasync is this one, wherever it is.
    if (is(config::DatasetType::sqlite) && terms_.settings.peer.transport == config::Transport::local) {
      HASYNC_TRY(spec.argv.front(), own_program());
    }
    spec.bytes_per_second = terms_.bytes_per_second;
    terms_.meter.dumps(order_.dataset.name, 0);
    spec.sink = [&](std::string_view chunk) {
      auto taken = file.take(chunk);
      terms_.meter.dumps(order_.dataset.name, file.bytes());
      return taken;
    };
    return run_dump(spec, runner_);
  }

  // Shares what is in the newest point already, and so was found sound before.
  Result<void> keep(const DumpPart& part) {
    const auto path = order_.target + "/" + part.file, newest = order_.newest + "/" + part.file;
    HASYNC_TRY(const bool same, is_same(part, newest, path));
    if (same) return share(newest, path);
    ++dumped_.counts.changed;
    if (is(config::DatasetType::sqlite))
      return store::check_sound(path, [this] { return !is_stopped() && clock_.uptime() < terms_.deadline; });
    if (is(config::DatasetType::mysql)) return check_last_line(path);
    if (is(config::DatasetType::postgresql) && part.file != config::roles_file) return read_to_its_end(path);
    return {};
  }

  Result<bool> is_same(const DumpPart& part, const std::string& newest, const std::string& path) const {
    if (order_.newest.empty()) return false;
    if (part.file == config::roles_file) return same_roles(newest, path);
    return same_file(newest, path, [this] { return is_stopped(); });
  }

  static Result<void> check_last_line(const std::string& path) {
    constexpr off_t enough = 200;
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    const auto size = file ? ::lseek(file.get(), 0, SEEK_END) : -1;
    std::string end(static_cast<std::size_t>(std::clamp<off_t>(size, 0, enough)), '\0');
    if (size < 0 || ::pread(file.get(), end.data(), end.size(), size - static_cast<off_t>(end.size())) !=
                        static_cast<ssize_t>(end.size()))
      return fail(os_error(fmt::format("cannot read {}", path), errno));
    if (auto error = judge_end_of_sql(end)) return fail(std::move(*error));
    return {};
  }

  // pg_restore --list is content with the table of contents, which comes first.
  Result<void> read_to_its_end(const std::string& path) {
    auto ended = runner_.run(spec_of({"pg_restore", "--file=/dev/null", path}));
    if (!ended) {
      ended.error().message += "; a dump is checked by it: apt-get install postgresql-client";
      return fail(std::move(ended.error()));
    }
    if (auto error = judge_archive(*ended)) return fail(std::move(*error));
    return {};
  }

  ProcessSpec spec_of(std::vector<std::string> argv) const {
    return {.argv = std::move(argv),
            .environment = {"LC_ALL=C"},
            .timeout = std::max(Duration{1}, terms_.deadline - clock_.uptime()),
            .also_ended_by = &stop_,
            .inherit = terms_.inherit,
            .on_tick = [this] { terms_.meter.tick(); }};
  }

  bool is_stopped() const { return stop_.requested() || clock_.interrupted(); }
  bool is(config::DatasetType type) const { return order_.dataset.type == type; }
  DumpFile::Begins begins() const {
    return is(config::DatasetType::sqlite) ? DumpFile::Begins::with_its_ownership : DumpFile::Begins::with_the_dump;
  }

  const DumpOrder& order_;
  const DumpTerms& terms_;
  const Interrupt& stop_;
  Clock& clock_;
  ProcessRunner& runner_;
  Dumped dumped_;
};

}  // namespace

Result<ProcessResult> run_dump(const ProcessSpec& spec, ProcessRunner& runner) {
  constexpr int not_found = 127;
  auto ended = runner.run(spec);
  if (!ended && ended.error().message.ends_with("No such file or directory")) return ProcessResult{.code = not_found};
  return ended;
}

Result<Dumped> make_dump(const DumpOrder& order, const DumpTerms& terms, const Interrupt& stop, Clock& clock,
                         ProcessRunner& runner) {
  auto dumped = Dump{order, terms, stop, clock, runner}.make();
  if (dumped || dumped.error().code == ExitCode::interrupted) return dumped;
  return fail(with_context(std::move(dumped.error()), "dataset " + order.dataset.name));
}

}  // namespace hasync::sync

#include "os/libcurl.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace hasync {
namespace {

// The name of its binary interface, which has been the same since 2006.
constexpr auto name = "libcurl.so.4";

template <typename Function>
bool find(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, symbol));
  return function != nullptr;
}

Result<Libcurl> load() {
  const auto missing = [] {
    const auto* const why = ::dlerror();
    return fail(ExitCode::failed,
                fmt::format("{} cannot be used: {}; to install it on Debian: apt-get install libcurl4", name,
                            why != nullptr ? why : "it does not start"));
  };
  void* const library = ::dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return missing();
  Libcurl found;
  decltype(&::curl_global_init) global_init = nullptr;
  const bool whole =
      find(library, "curl_global_init", global_init) && find(library, "curl_easy_init", found.easy_init) &&
      find(library, "curl_easy_cleanup", found.easy_cleanup) && find(library, "curl_easy_setopt", found.easy_setopt) &&
      find(library, "curl_easy_perform", found.easy_perform) &&
      find(library, "curl_easy_getinfo", found.easy_getinfo) &&
      find(library, "curl_easy_strerror", found.easy_strerror) &&
      find(library, "curl_slist_append", found.slist_append) &&
      find(library, "curl_slist_free_all", found.slist_free_all) && find(library, "curl_mime_init", found.mime_init) &&
      find(library, "curl_mime_free", found.mime_free) && find(library, "curl_mime_addpart", found.mime_addpart) &&
      find(library, "curl_mime_data", found.mime_data) && find(library, "curl_mime_type", found.mime_type) &&
      find(library, "curl_mime_encoder", found.mime_encoder);
  if (!whole || global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return missing();
  return found;
}

}  // namespace

Result<const Libcurl*> libcurl() {
  static const auto loaded = load();  // curl_global_init(3) is not safe in two threads at once
  if (!loaded) return fail(loaded.error());
  return &*loaded;
}

}  // namespace hasync

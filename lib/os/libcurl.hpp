// libcurl(3), loaded when it is first needed: with the thirty libraries that it needs itself it is four fifths of what
// a command takes to start, and few commands ask a probe or send a mail.
#pragma once
#include <curl/curl.h>

#include "base/result.hpp"

namespace hasync {

struct Libcurl {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_mime_init) mime_init = nullptr;
  decltype(&::curl_mime_free) mime_free = nullptr;
  decltype(&::curl_mime_addpart) mime_addpart = nullptr;
  decltype(&::curl_mime_data) mime_data = nullptr;
  decltype(&::curl_mime_type) mime_type = nullptr;
  decltype(&::curl_mime_encoder) mime_encoder = nullptr;
};

// Ready for every thread. Fails when it is not installed, or is not one that we know.
Result<const Libcurl*> libcurl();

}  // namespace hasync

// Runs something at the end of the scope, however it is left.
#pragma once
#include <utility>

namespace hasync {

template <typename F>
class Defer {
 public:
  explicit Defer(F action) : action_(std::move(action)) {}
  Defer(const Defer&) = delete;
  Defer(Defer&&) = delete;
  Defer& operator=(const Defer&) = delete;
  Defer& operator=(Defer&&) = delete;
  ~Defer() { action_(); }

 private:
  F action_;
};

}  // namespace hasync

#include "cmd/command.hpp"

int main(int argc, char** argv) { return hasync::cmd::run(argc, argv); }

// The source tree that the tests were built from.
#pragma once

#include <string>

namespace sluice::test {

// "tests/data/policies" to its absolute path.
std::string in_tree(const std::string& path);

}  // namespace sluice::test

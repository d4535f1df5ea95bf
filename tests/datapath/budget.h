// Budgets: what a program may cost, by kernel, in files beside the tests that hold it to them. A line is a key of words, then a
// number; "#" begins a comment.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sluice::test {

// Nothing that a specialised program could leave out.
inline constexpr const char* kPlainPolicy = "version: 1\n";
// And everything.
std::string full_policy();

// "6.1" of "6.1.0-18-amd64".
std::string kernel_series();

// By key, such as "6.18 full". `file` is relative to the tree.
std::map<std::string, std::uint64_t> budgets(const std::string& file);

// Fails if `cost` is more than a tenth above the budget of `key` in `file`, or above `elsewhere` where the file has no such line.
// Says what it is on stderr, so that a line can be written from it.
void expect_within_budget(const std::string& file, const std::string& key, std::uint64_t cost, std::uint64_t elsewhere);

}  // namespace sluice::test

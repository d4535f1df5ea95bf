// A list file: one address or prefix a line, "#" and ";" begin comments, LF or CRLF; what block-list feeds publish as
// plain text, .netset, .ipset or .cidr. What is written behind an entry is kept. Duplicates are tolerated, host bits that are set are not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/model.h"

namespace sluice::policy {

struct ListFile {
	std::vector<ListedPrefix> prefixes;  // in the order of the file, `file` as given
	std::string comments;                // as Policy::comments
	Diagnostics diagnostics;             // at `path`, the first kMostListErrors and how many more
};

inline constexpr std::size_t kMostListErrors = 20;
inline constexpr std::size_t kMostComment = 200;  // bytes of each


ListFile parse_list(std::string_view text, const std::string& path, std::uint16_t file);

}  // namespace sluice::policy

// Any bytes as a list file: its entries and its diagnostics account for every line, each at its place; nothing is read
// that is not there.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/list_file.h"

namespace {

void require(bool condition)
{
	if (!condition)
		std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
	const std::string_view text(reinterpret_cast<const char*>(data), size);
	const auto list = sluice::policy::parse_list(text, "list", 7);
	const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
	std::uint32_t before = 0;
	for (const auto& listed : list.prefixes) {
		require(listed.line > before && listed.line <= lines && listed.file == 7);
		before = listed.line;
		// What is printed is read back as the same.
		const auto again = sluice::net::Prefix::parse(listed.prefix.to_string());
		require(again && *again == listed.prefix);
	}
	require(list.diagnostics.size() <= sluice::policy::kMostListErrors + 1);
	for (const auto& diagnostic : list.diagnostics)
		require(diagnostic.place.line <= lines && (diagnostic.place.line == 0) == (diagnostic.place.column == 0));
	return 0;
}

// Any bytes as a list file, and as a revocation file: its entries and its diagnostics account for every line, each at its place; nothing is read
// that is not there.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/subject.h"
#include "policy/list_file.h"
#include "policy/revocation_list.h"

namespace {

void require(bool condition)
{
	if (!condition)
		std::abort();
}

void check_revocations(std::string_view text, std::uint32_t lines)
{
	const auto list = sluice::policy::parse_revocations(text, "list");
	std::uint32_t before = 0;
	for (const auto& entry : list.entries) {
		require(entry.line > before && entry.line <= lines && entry.why.size() <= sluice::policy::kMostWhy);
		before = entry.line;
		const auto again = sluice::identity::parse_subject(entry.subject);
		require(again && *again == entry.subject);
	}
	require(list.diagnostics.size() <= sluice::policy::kMostRevocationErrors + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
	const std::string_view text(reinterpret_cast<const char*>(data), size);
	const auto list = sluice::policy::parse_list(text, "list", 7);
	const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
	check_revocations(text, lines);
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

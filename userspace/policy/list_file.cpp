#include "policy/list_file.h"

namespace sluice::policy {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The entry of a line: without comment and the blanks around it.
std::string_view entry_of(std::string_view line)
{
	line = line.substr(0, line.find_first_of("#;"));
	const std::size_t first = line.find_first_not_of(kBlank);
	if (first == std::string_view::npos)
		return {};
	return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

ListFile parse_list(std::string_view text, const std::string& path, std::uint16_t file)
{
	ListFile list;
	std::size_t errors = 0;
	std::uint32_t number = 0;
	if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
		text.remove_prefix(kByteOrderMark.size());
	while (!text.empty()) {
		const std::string_view line = text.substr(0, text.find('\n'));
		text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
		number++;
		const std::string_view entry = entry_of(line);
		if (entry.empty())
			continue;
		auto prefix = net::Prefix::parse(entry);
		if (prefix) {
			list.prefixes.push_back({*prefix, number, file});
		} else if (++errors <= kMostListErrors) {
			const auto column = static_cast<unsigned>(entry.data() - line.data() + 1);
			list.diagnostics.push_back({Severity::kError, {path, number, column}, prefix.error().message(), prefix.error().advice()});
		}
	}
	if (errors > kMostListErrors)
		list.diagnostics.push_back({Severity::kError, {path, 0, 0}, std::to_string(errors - kMostListErrors) + " more lines are wrong", ""});
	return list;
}

}  // namespace sluice::policy

#include "policy/list_file.h"

#include <algorithm>

namespace sluice::policy {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";
constexpr std::size_t kMostComments = 256u << 20;  // bytes of one file's; those behind it are not kept
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view without_blanks(std::string_view text)
{
	const std::size_t first = text.find_first_not_of(kBlank);
	if (first == std::string_view::npos)
		return {};
	return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The entry of a line and what is written behind it, without the blanks around them.
struct Line {
	std::string_view entry;
	std::string_view comment;
};

Line cut(std::string_view line)
{
	const std::size_t mark = line.find_first_of("#;");
	if (mark == std::string_view::npos)
		return {without_blanks(line), {}};
	const std::string_view behind = line.substr(mark + 1);
	return {without_blanks(line.substr(0, mark)), without_blanks(behind.substr(0, std::min(behind.find('\0'), kMostComment)))};
}

// Where `comment` is kept. A run of equal ones is kept once.
std::uint32_t keep(std::string& comments, std::string_view comment, std::uint32_t last)
{
	if (comment.empty() || comments.size() > kMostComments)
		return 0;
	if (last != 0 && comments.c_str() + last == comment)
		return last;
	if (comments.empty())
		comments.push_back('\0');
	const auto at = static_cast<std::uint32_t>(comments.size());
	comments.append(comment).push_back('\0');
	return at;
}

}  // namespace

ListFile parse_list(std::string_view text, const std::string& path, std::uint16_t file)
{
	ListFile list;
	std::size_t errors = 0;
	std::uint32_t number = 0;
	std::uint32_t last = 0;  // comment
	if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
		text.remove_prefix(kByteOrderMark.size());
	while (!text.empty()) {
		const std::string_view line = text.substr(0, text.find('\n'));
		text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
		number++;
		const auto [entry, comment] = cut(line);
		if (entry.empty())
			continue;
		auto prefix = net::Prefix::parse(entry);
		if (prefix) {
			last = keep(list.comments, comment, last);
			list.prefixes.push_back({*prefix, number, file, last});
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

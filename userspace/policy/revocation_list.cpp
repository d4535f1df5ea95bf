#include "policy/revocation_list.h"

#include <algorithm>
#include <set>

#include "identity/subject.h"

namespace sluice::policy {
namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view without_blanks(std::string_view text)
{
	const std::size_t first = text.find_first_not_of(kBlank);
	return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Where the comment begins. A '#' within a name is the name's: so are subjects of tokens named, ISSUER#SUBJECT.
std::size_t comment_of(std::string_view line)
{
	std::size_t at = line.find('#');
	while (at != std::string_view::npos && at > 0 && kBlank.find(line[at - 1]) == std::string_view::npos)
		at = line.find('#', at + 1);
	return std::min(at, line.size());
}

// At most kMostWhy bytes, without control characters, and no half of a character.
std::string why_of(std::string_view comment)
{
	std::string_view kept = without_blanks(comment);
	if (kept.size() > kMostWhy) {
		std::size_t end = kMostWhy;
		while (end > 0 && (static_cast<unsigned char>(kept[end]) & 0xc0) == 0x80)
			end--;
		kept = kept.substr(0, end);
	}
	std::string why(kept);
	std::ranges::replace_if(why, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }, ' ');
	return why;
}

class Reader {
public:
	explicit Reader(const std::string& path) : path_(path) {}

	void take(std::string_view line)
	{
		number_++;
		const std::size_t comment = comment_of(line);
		const std::string_view entry = without_blanks(line.substr(0, comment));
		if (entry.empty())
			return;
		auto subject = identity::parse_subject(entry);
		if (!subject)
			return refuse(static_cast<unsigned>(entry.data() - line.data() + 1), subject.error().message(), subject.error().advice());
		if (list_.entries.size() == kMostRevocations)
			return refuse(1, "more than " + std::to_string(kMostRevocations) + " entries", "take the certificates' authority out of the policy instead");
		if (seen_.insert(*subject).second)
			list_.entries.push_back({std::move(*subject), why_of(line.substr(std::min(comment + 1, line.size()))), number_});
	}

	void refuse(unsigned column, const std::string& message, const std::string& advice)
	{
		if (++errors_ <= kMostRevocationErrors)
			list_.diagnostics.push_back({Severity::kError, {path_, number_, column}, message, advice});
	}

	RevocationList finish()
	{
		if (errors_ > kMostRevocationErrors)
			list_.diagnostics.push_back({Severity::kError, {path_, 0, 0}, std::to_string(errors_ - kMostRevocationErrors) + " more lines are wrong", ""});
		return std::move(list_);
	}

private:
	const std::string& path_;
	RevocationList list_;
	std::set<std::string> seen_;
	std::uint32_t number_ = 0;
	std::size_t errors_ = 0;
};

}  // namespace

RevocationList parse_revocations(std::string_view text, const std::string& path)
{
	Reader reader(path);
	if (text.starts_with(kByteOrderMark))
		text.remove_prefix(kByteOrderMark.size());
	while (!text.empty()) {
		const std::size_t end = text.find('\n');
		reader.take(text.substr(0, end));
		if (end == std::string_view::npos)
			reader.refuse(1, "the last line does not end", "it may be half written; end it with a newline, and replace the file by renaming another over it");
		text.remove_prefix(std::min(text.size(), end == std::string_view::npos ? end : end + 1));
	}
	return reader.finish();
}

}  // namespace sluice::policy

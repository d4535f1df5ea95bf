#include "daemon/notes.h"

#include "base/log.h"

namespace sluice::daemon {
namespace {

constexpr std::size_t kMost = 50;
constexpr std::uint64_t kLastsNs = 3600ull * 1'000'000'000;

}  // namespace

void Notes::collect()
{
	const std::uint64_t now = clock_.mono_ns();
	std::erase_if(notes_, [now](const Note& note) { return now - note.mono_ns > kLastsNs; });
	if (!take_)
		return;
	for (auto& text : take_()) {
		spdlog::warn("{}", text);
		std::erase_if(notes_, [&text](const Note& note) { return note.text == text; });
		notes_.push_back({now, std::move(text)});
		if (notes_.size() > kMost)
			notes_.erase(notes_.begin());
	}
}

std::vector<std::string> Notes::texts() const
{
	std::vector<std::string> texts;
	for (const Note& note : notes_)
		texts.push_back(note.text);
	return texts;
}

}  // namespace sluice::daemon

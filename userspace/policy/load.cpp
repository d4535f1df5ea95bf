#include "policy/load.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>

#include "base/file.h"
#include "policy/validate.h"
#include "policy/yaml.h"

namespace sluice::policy {
namespace {

// A list of ten million prefixes is 200 MB of text.
constexpr std::uint64_t kMostListBytes = 512u << 20;

// Regular files only: a pipe would block, a device would not end.
Result<std::string> read_regular(const std::string& path, std::uint64_t most)
{
	std::error_code failure;
	const auto status = std::filesystem::status(path, failure);
	if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
		return Error(ErrorCode::kInvalid, path + ": is no regular file");
	return read_file(path, most);
}

// Diagnostics name files as the caller did; whoever watches them needs more.
void make_absolute(std::vector<std::string>& files)
{
	for (std::string& file : files) {
		std::error_code failure;
		const auto absolute = std::filesystem::absolute(file, failure);
		if (!failure)
			file = absolute.lexically_normal().string();
	}
}

// As a reader goes through the files: those of each together, from its first line to its last, then what is said of the
// file as a whole.
void sort_by_place(Diagnostics& diagnostics)
{
	std::map<std::string, std::size_t> files;
	for (const Diagnostic& diagnostic : diagnostics)
		files.try_emplace(diagnostic.place.file, files.size());
	const auto key = [&files](const Diagnostic& diagnostic) {
		return std::tuple(files.at(diagnostic.place.file), diagnostic.place.line - 1, diagnostic.place.column);
	};
	std::stable_sort(diagnostics.begin(), diagnostics.end(), [&key](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

}  // namespace

Loaded load_text(std::string_view text, const std::string& path, const ReadFile& read_list)
{
	Parsed parsed = parse(text, path, read_list);
	Loaded loaded{std::move(parsed.policy), std::move(parsed.files), std::move(parsed.diagnostics), {}, {}};
	if (loaded.policy) {
		loaded.listing = listing_of(*loaded.policy);
		for (Diagnostic& diagnostic : validate(*loaded.policy, loaded.listing))
			loaded.diagnostics.push_back(std::move(diagnostic));
	}
	sort_by_place(loaded.diagnostics);
	if (has_errors(loaded.diagnostics))
		loaded.policy.reset();
	make_absolute(loaded.files);
	if (loaded.policy) {
		loaded.policy->files = loaded.files;
		make_absolute(loaded.policy->identities.revocations);
	}
	return loaded;
}

Loaded load_policy(const std::string& path, Texts texts, const ListRead& told)
{
	const auto text = read_regular(path, kMostPolicyBytes);
	if (!text) {
		// The message names the path; the diagnostic's place does already.
		std::string message = text.error().message();
		if (message.rfind(path, 0) == 0)
			message.erase(0, message.find_first_not_of(": ", path.size()));
		Loaded unread{std::nullopt, {path}, {{Severity::kError, {path, 0, 0}, std::move(message), text.error().advice()}}, {}, {}};
		make_absolute(unread.files);
		return unread;
	}
	std::vector<FileText> read;
	const ReadFile read_list = [&read, &told, texts](const std::string& list) {
		auto content = read_regular(list, kMostListBytes);
		if (content && told)
			told(content->size());
		if (content && texts == Texts::kKeep)
			read.push_back({list, *content});
		return content;
	};
	Loaded loaded = load_text(*text, path, read_list);
	if (texts == Texts::kKeep) {
		read.insert(read.begin(), {path, *text});
		loaded.texts = std::move(read);
	}
	return loaded;
}

}  // namespace sluice::policy

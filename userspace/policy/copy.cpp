#include "policy/copy.h"

#include "net/digits.h"
#include "policy/digest.h"

namespace sluice::policy {
namespace {

// Of another version when anything below changes its meaning.
constexpr std::string_view kMagic = "sluice policy copy 2\n";
constexpr std::size_t kSealDigits = 64;
constexpr std::uint64_t kMostBytes = 1ull << 40;

void put(std::string& out, std::string_view text)
{
	out += std::to_string(text.size());
	out += '\n';
	out += text;
}

Error damaged()
{
	return Error(ErrorCode::kInvalid, "the stored copy of a policy is damaged");
}

class Cutter {
public:
	explicit Cutter(std::string_view rest) : rest_(rest) {}

	Result<std::uint64_t> number()
	{
		const auto count = net::take_digits(rest_, kMostBytes);
		if (!count || rest_.empty() || rest_.front() != '\n')
			return damaged();
		rest_.remove_prefix(1);
		return *count;
	}
	Result<std::string> text()
	{
		SLUICE_TRY_ASSIGN(const std::uint64_t size, number());
		if (size > rest_.size())
			return damaged();
		const std::string_view text = rest_.substr(0, size);
		rest_.remove_prefix(size);
		return std::string(text);
	}
	bool done() const { return rest_.empty(); }

private:
	std::string_view rest_;
};

}  // namespace

Result<std::string> fingerprint(std::string_view bytes)
{
	SLUICE_TRY_ASSIGN(const auto digest, sha256(bytes));
	constexpr char kHex[] = "0123456789abcdef";
	std::string out;
	for (const std::uint8_t byte : digest) {
		out += kHex[byte >> 4];
		out += kHex[byte & 15];
	}
	return out;
}

Result<std::string> encode(const Copy& copy)
{
	std::string out(kMagic);
	put(out, copy.path);
	put(out, copy.text);
	out += std::to_string(copy.lists.size()) + "\n";
	for (const FileText& list : copy.lists) {
		put(out, list.path);
		put(out, list.text);
	}
	SLUICE_TRY_ASSIGN(const std::string seal, fingerprint(out));
	return out + seal;
}

Result<Copy> decode(std::string_view bytes)
{
	if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kSealDigits)
		return damaged();
	const std::string_view body = bytes.substr(0, bytes.size() - kSealDigits);
	SLUICE_TRY_ASSIGN(const std::string seal, fingerprint(body));
	if (bytes.substr(body.size()) != seal)
		return damaged();
	Cutter cutter(body.substr(kMagic.size()));
	Copy copy;
	SLUICE_TRY_ASSIGN(copy.path, cutter.text());
	SLUICE_TRY_ASSIGN(copy.text, cutter.text());
	SLUICE_TRY_ASSIGN(const std::uint64_t lists, cutter.number());
	for (std::uint64_t i = 0; i < lists; i++) {
		FileText list;
		SLUICE_TRY_ASSIGN(list.path, cutter.text());
		SLUICE_TRY_ASSIGN(list.text, cutter.text());
		copy.lists.push_back(std::move(list));
	}
	if (!cutter.done())
		return damaged();
	return copy;
}

Loaded load_copy(const Copy& copy)
{
	return load_text(copy.text, copy.path, [&copy](const std::string& path) -> Result<std::string> {
		for (const FileText& list : copy.lists) {
			if (list.path == path)
				return list.text;
		}
		return Error(ErrorCode::kNotFound, path + " is not in the copy");
	});
}

std::optional<std::vector<Failsafe>> failsafe_in(const Copy& copy)
{
	auto parsed = parse(copy.text, copy.path, [](const std::string&) { return Result<std::string>(std::string()); });
	if (!parsed.policy)
		return std::nullopt;
	return std::move(parsed.policy->failsafe);
}

}  // namespace sluice::policy

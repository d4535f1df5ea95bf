#include "identity/crl.h"

#include <openssl/pem.h>

namespace sluice::identity {
namespace {

constexpr std::string_view kPemBegin = "-----BEGIN ";

// RFC 5280 (5.1.2.5) wants a next update; OpenSSL would believe a list without one for ever.
Result<void> add(std::vector<Crl>& lists, CrlPtr list)
{
	if (X509_CRL_get0_nextUpdate(list.get()) == nullptr)
		return Error(ErrorCode::kInvalid, "list " + std::to_string(lists.size() + 1) + " has no next update");
	lists.emplace_back(std::move(list));
	return {};
}

Result<std::vector<Crl>> parse_der(std::string_view text)
{
	const auto* cursor = bytes_of(text).data();
	CrlPtr list(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(text.size())));
	if (!list || cursor != bytes_of(text).data() + text.size()) {
		forget_ossl_errors();
		return Error(ErrorCode::kInvalid, "not a revocation list", "give revocation lists as PEM, or one as DER");
	}
	std::vector<Crl> lists;
	SLUICE_TRY(add(lists, std::move(list)));
	return lists;
}

}  // namespace

Result<std::vector<Crl>> parse_crls(std::string_view text)
{
	if (text.find(kPemBegin) == std::string_view::npos)
		return parse_der(text);
	const BioPtr bio = bio_over(bytes_of(text));
	std::vector<Crl> lists;
	while (bio) {
		CrlPtr list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
		if (!list)
			break;
		SLUICE_TRY(add(lists, std::move(list)));
	}
	if (!ended_without_pem_block())
		return Error(ErrorCode::kInvalid, "list " + std::to_string(lists.size() + 1) + ": " + last_ossl_error());
	if (lists.empty())
		return Error(ErrorCode::kInvalid, "holds no revocation list", "give them as PEM: -----BEGIN X509 CRL-----");
	return lists;
}

CrlFiles::CrlFiles(std::vector<std::string> paths)
{
	for (std::string& path : paths)
		files_.push_back({std::move(path)});
}

Result<bool> CrlFiles::reload(File& file, const ReadFile& read)
{
	SLUICE_TRY_ASSIGN(const std::string text, read(file.path));
	const auto digest = sha256(bytes_of(text));
	if (!digest)
		return Error(ErrorCode::kFailed, digest.error().detail);
	if (!file.lists.empty() && *digest == file.digest)
		return false;
	SLUICE_TRY_ASSIGN(file.lists, parse_crls(text));
	file.digest = *digest;
	return true;
}

CrlFiles::Reload CrlFiles::reload(const ReadFile& read)
{
	Reload done;
	for (File& file : files_) {
		auto changed = reload(file, read);
		if (changed)
			done.changed = done.changed || *changed;
		else
			done.problems.push_back(std::move(changed).error().within(file.path));
	}
	return done;
}

std::vector<Crl> CrlFiles::lists() const
{
	std::vector<Crl> all;
	for (const File& file : files_)
		all.insert(all.end(), file.lists.begin(), file.lists.end());
	return all;
}

}  // namespace sluice::identity

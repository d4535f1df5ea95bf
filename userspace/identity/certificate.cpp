#include "identity/certificate.h"

#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <optional>

namespace sluice::identity {
namespace {

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

Refused malformed(std::string detail)
{
	forget_ossl_errors();
	return {Refusal::kCertificateMalformed, std::move(detail)};
}

std::optional<Moment> moment_of(const ASN1_TIME* time)
{
	std::tm broken_down{};
	if (time == nullptr || ASN1_TIME_to_tm(time, &broken_down) != 1)
		return std::nullopt;
	return Moment(std::chrono::seconds(::timegm(&broken_down)));
}

std::optional<NameKind> kind_of(int general_name_type)
{
	switch (general_name_type) {
	case GEN_URI: return NameKind::kUri;
	case GEN_DNS: return NameKind::kDns;
	case GEN_EMAIL: return NameKind::kEmail;
	default: return std::nullopt;
	}
}

// Nothing when the extension is there but cannot be read, or is there twice.
std::optional<std::vector<Name>> read_names(const X509* certificate)
{
	int critical = -1;
	const NamesPtr found(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
	std::vector<Name> names;
	if (!found)
		return critical == -1 ? std::optional(names) : std::nullopt;
	for (int i = 0; i < sk_GENERAL_NAME_num(found.get()); ++i) {
		const GENERAL_NAME* name = sk_GENERAL_NAME_value(found.get(), i);
		if (const auto kind = kind_of(name->type)) {
			const ASN1_IA5STRING* text = name->d.ia5;
			names.push_back({*kind, std::string(text_of({ASN1_STRING_get0_data(text),
								     static_cast<std::size_t>(ASN1_STRING_length(text))}))});
		}
	}
	return names;
}

bool names_spiffe(const Name& name)
{
	constexpr std::string_view kScheme = "spiffe:";
	return name.kind == NameKind::kUri && name.value.size() >= kScheme.size() &&
	       std::equal(kScheme.begin(), kScheme.end(), name.value.begin(),
			  [](char expected, char found) { return expected == (found >= 'A' && found <= 'Z' ? found + 32 : found); });
}

bool is_accepted_curve(EVP_PKEY* key)
{
	char group[32] = {};
	if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1)
		return false;
	const int nid = OBJ_txt2nid(group);
	return nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 || nid == NID_secp521r1;
}

bool is_accepted_key(EVP_PKEY* key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS: return EVP_PKEY_get_bits(key) >= kLeastRsaBits && EVP_PKEY_get_bits(key) <= kMostRsaBits;
	case EVP_PKEY_EC: return is_accepted_curve(key);
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448: return true;
	default: return false;
	}
}

}  // namespace

Checked<Certificate> Certificate::parse(ByteView der)
{
	const std::uint8_t* cursor = der.data();
	CertificatePtr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
	if (!certificate)
		return malformed("not a DER certificate");
	if (cursor != der.data() + der.size())
		return malformed("bytes behind its end");
	SLUICE_TRY_ASSIGN(const Digest digest, sha256(der));
	return describe(std::move(certificate), {digest});
}

Checked<Certificate> Certificate::of(X509* certificate)
{
	Thumbprint thumbprint;
	if (X509_digest(certificate, EVP_sha256(), thumbprint.digest.data(), nullptr) != 1 || X509_up_ref(certificate) != 1)
		return ossl_failure();
	return describe(CertificatePtr(certificate), thumbprint);
}

Checked<Certificate> Certificate::describe(CertificatePtr certificate, Thumbprint thumbprint)
{
	Certificate described;
	// Caches every extension; EXFLAG_INVALID then says whether one of them, or the encoding, is broken.
	if ((X509_get_extension_flags(certificate.get()) & EXFLAG_INVALID) != 0)
		return malformed("an extension does not parse");
	auto names = read_names(certificate.get());
	if (!names)
		return malformed("its subject alternative names do not parse");
	const auto from = moment_of(X509_get0_notBefore(certificate.get()));
	const auto last = moment_of(X509_get0_notAfter(certificate.get()));
	if (!from || !last)
		return malformed("its validity does not parse");
	described.certificate_ = std::move(certificate);
	described.thumbprint_ = thumbprint;
	described.names_ = *std::move(names);
	described.from_ = *from;
	described.until_ = *last + std::chrono::seconds(1);
	forget_ossl_errors();
	return described;
}

Result<std::vector<Certificate>> parse_certificates(std::string_view pem)
{
	const BioPtr bio = bio_over(bytes_of(pem));
	std::vector<Certificate> certificates;
	while (bio) {
		const CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
		if (!certificate)
			break;
		auto described = Certificate::of(certificate.get());
		if (!described)
			return Error(ErrorCode::kInvalid, "certificate " + std::to_string(certificates.size() + 1) + ": " +
								  described.error().detail);
		certificates.push_back(*std::move(described));
	}
	if (!ended_without_pem_block())
		return Error(ErrorCode::kInvalid, "certificate " + std::to_string(certificates.size() + 1) + ": " + last_ossl_error());
	if (certificates.empty())
		return Error(ErrorCode::kInvalid, "holds no certificate", "give certificates as PEM: -----BEGIN CERTIFICATE-----");
	return certificates;
}

Checked<void> check_client_certificate(const Certificate& certificate)
{
	if ((X509_get_extension_flags(certificate.get()) & EXFLAG_CA) != 0)
		return Refused{Refusal::kCaLeaf};
	// Both are all ones where the extension is absent.
	const std::uint32_t usage = X509_get_key_usage(certificate.get());
	const bool any_usage = usage != UINT32_MAX;
	if (any_usage && (usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0)
		return Refused{Refusal::kSigningUsage};
	if (!any_usage || (usage & KU_DIGITAL_SIGNATURE) == 0)
		return Refused{Refusal::kNoSignatureUsage};
	const std::uint32_t extended = X509_get_extended_key_usage(certificate.get());
	if (extended == UINT32_MAX || (extended & XKU_SSL_CLIENT) == 0)
		return Refused{Refusal::kNoClientUsage};
	return {};
}

bool claims_spiffe(const Certificate& certificate)
{
	return std::any_of(certificate.names().begin(), certificate.names().end(), names_spiffe);
}

Checked<SpiffeId> spiffe_id_of(const Certificate& certificate)
{
	const auto is_uri = [](const Name& name) { return name.kind == NameKind::kUri; };
	const auto& names = certificate.names();
	if (std::count_if(names.begin(), names.end(), is_uri) != 1)
		return Refused{Refusal::kUriNames};
	const auto id = SpiffeId::parse(std::find_if(names.begin(), names.end(), is_uri)->value);
	if (!id || id->path().empty())
		return Refused{Refusal::kSpiffeId};
	return *id;
}

Checked<void> check_spiffe_authority(const Certificate& certificate, std::string_view trust_domain)
{
	for (const Name& name : certificate.names()) {
		if (!names_spiffe(name))
			continue;
		const auto id = SpiffeId::parse(name.value);
		if (!id || !id->path().empty() || id->trust_domain() != trust_domain)
			return Refused{Refusal::kForeignAuthority};
	}
	return {};
}

Checked<void> check_key_kind(const Certificate& certificate)
{
	EVP_PKEY* key = X509_get0_pubkey(certificate.get());
	const bool accepted = key != nullptr && is_accepted_key(key);
	forget_ossl_errors();
	if (!accepted)
		return Refused{Refusal::kKeyKind};
	return {};
}

}  // namespace sluice::identity

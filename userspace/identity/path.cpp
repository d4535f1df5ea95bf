#include "identity/path.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <string>

namespace sluice::identity {
namespace {

constexpr int kLeastStrength = 2;  // OpenSSL's level of 112 bits: RSA of 2048 bits, no SHA-1

struct FreedStack {
	void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreedStack>;

// What the callback of one verification judges by.
struct Tolerance {
	Moment now;
	Skew skew;
};

// False for a time that cannot be read.
bool is_at_or_before(const ASN1_TIME* time, Moment moment)
{
	std::time_t seconds = moment.time_since_epoch().count();
	return X509_cmp_time(time, &seconds) < 0;
}

bool is_at_or_after(const ASN1_TIME* time, Moment moment)
{
	std::time_t before = moment.time_since_epoch().count() - 1;
	return X509_cmp_time(time, &before) > 0;
}

// The context of a verification that OpenSSL starts by itself, for the issuer of an indirect list, has no data of ours.
const Tolerance& tolerance_of(X509_STORE_CTX* context)
{
	while (X509_STORE_CTX* parent = X509_STORE_CTX_get0_parent_ctx(context))
		context = parent;
	return *static_cast<const Tolerance*>(X509_STORE_CTX_get_app_data(context));
}

bool is_anchor(X509_STORE_CTX* context)
{
	return X509_STORE_CTX_get_error_depth(context) == sk_X509_num(X509_STORE_CTX_get0_chain(context)) - 1;
}

// OpenSSL's errors are final but for clocks that differ a little, and for the list that would cover the anchor: the
// anchor is trusted because policy names it.
int judge_error(int good, X509_STORE_CTX* context)
{
	if (good == 1)
		return 1;
	const auto& [now, skew] = tolerance_of(context);
	const X509* certificate = X509_STORE_CTX_get_current_cert(context);
	const X509_CRL* list = X509_STORE_CTX_get0_current_crl(context);
	switch (X509_STORE_CTX_get_error(context)) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return is_at_or_before(X509_get0_notBefore(certificate), now + skew.seconds());
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return is_at_or_after(X509_get0_notAfter(certificate), now - skew.seconds());
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return is_at_or_before(X509_CRL_get0_lastUpdate(list), now + skew.seconds());
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return is_at_or_after(X509_CRL_get0_nextUpdate(list), now - skew.seconds());
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return is_anchor(context);
	default:
		return 0;
	}
}

Refusal refusal_of(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return Refusal::kUntrusted;
	case X509_V_ERR_CERT_CHAIN_TOO_LONG: return Refusal::kChainTooLong;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE: return Refusal::kPathSignature;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
	case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: return Refusal::kKeyKind;
	case X509_V_ERR_CERT_NOT_YET_VALID: return Refusal::kCertificateEarly;
	case X509_V_ERR_CERT_HAS_EXPIRED: return Refusal::kCertificateExpired;
	case X509_V_ERR_CERT_REVOKED: return Refusal::kRevoked;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE: return Refusal::kCrlMissing;
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED: return Refusal::kCrlStale;
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD: return Refusal::kCrlInvalid;
	case X509_V_ERR_OUT_OF_MEM:
	case X509_V_ERR_UNSPECIFIED: return Refusal::kInternal;
	default: return Refusal::kPathBroken;
	}
}

// OpenSSL's constant sentences alone: nothing that a certificate says of itself.
Refused refused_by(X509_STORE_CTX* context)
{
	const int error = X509_STORE_CTX_get_error(context);
	return {refusal_of(error), "certificate " + std::to_string(X509_STORE_CTX_get_error_depth(context)) +
					   " of the path: " + X509_verify_cert_error_string(error)};
}

bool set_up(X509_STORE_CTX* context, Tolerance& tolerance, Authorities::Crls crls)
{
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_POLICY_CHECK;
	if (crls == Authorities::Crls::kDemanded)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
	X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
	ASN1_OBJECT* any_policy = OBJ_nid2obj(NID_any_policy);
	X509_VERIFY_PARAM_set_auth_level(rules, kLeastStrength);
	X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMaxChainCertificates));
	X509_VERIFY_PARAM_set_time(rules, tolerance.now.time_since_epoch().count());
	X509_STORE_CTX_set_verify_cb(context, judge_error);
	return X509_VERIFY_PARAM_set_flags(rules, flags) == 1 && X509_VERIFY_PARAM_add0_policy(rules, any_policy) == 1 &&
	       X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1 &&
	       X509_STORE_CTX_set_app_data(context, &tolerance) == 1;
}

Checked<Path> path_of(X509_STORE_CTX* context, Skew skew)
{
	const STACK_OF(X509)* found = X509_STORE_CTX_get0_chain(context);
	Path path{{}, Moment::max()};
	for (int i = 0; i < sk_X509_num(found); ++i) {
		SLUICE_TRY_ASSIGN(Certificate certificate, Certificate::of(sk_X509_value(found, i)));
		path.until = std::min(path.until, certificate.until() + skew.seconds());
		path.certificates.push_back(std::move(certificate));
	}
	return path;
}

}  // namespace

Result<Authorities> Authorities::open(const std::vector<Certificate>& anchors, const std::vector<Crl>& lists, Crls crls)
{
	StorePtr store(X509_STORE_new());
	ListsPtr kept(sk_X509_CRL_new_null());
	bool taken = store != nullptr && kept != nullptr;
	for (const Certificate& anchor : anchors)
		taken = taken && X509_STORE_add_cert(store.get(), anchor.get()) == 1;
	for (const Crl& list : lists)
		taken = taken && X509_CRL_up_ref(list.get()) == 1 && sk_X509_CRL_push(kept.get(), list.get()) > 0;
	if (!taken)
		return Error(ErrorCode::kFailed, "OpenSSL takes no store of authorities: " + last_ossl_error());
	return Authorities(std::move(store), std::move(kept), crls);
}

Checked<Path> Authorities::check(const std::vector<Certificate>& chain, Moment now, Skew skew) const
{
	const StackPtr others(sk_X509_new_null());
	for (const Certificate& certificate : chain) {
		SLUICE_TRY(check_key_kind(certificate));
		if (!others || sk_X509_push(others.get(), certificate.get()) == 0)
			return ossl_failure();
	}
	const StoreContextPtr context(X509_STORE_CTX_new());
	Tolerance tolerance{now, skew};
	if (!context || X509_STORE_CTX_init(context.get(), store_.get(), chain.front().get(), others.get()) != 1 ||
	    !set_up(context.get(), tolerance, crls_))
		return ossl_failure();
	X509_STORE_CTX_set0_crls(context.get(), lists_.get());
	const bool good = X509_verify_cert(context.get()) == 1;
	forget_ossl_errors();
	if (!good)
		return refused_by(context.get());
	return path_of(context.get(), skew);
}

}  // namespace sluice::identity

#include "identity/key_set.h"

#include <algorithm>

#include "identity/base64url.h"
#include "identity/json.h"

namespace sluice::identity {
namespace {

using nlohmann::json;

std::optional<Bytes> bytes_member(const json& key, const char* name)
{
	const std::string* text = string_member(key, name);
	return text == nullptr ? std::nullopt : decode_base64url(*text);
}

// RFC 7517, 4.2 and 4.3: both are optional; where one stands, it must allow verifying.
bool is_for_verifying(const json& key)
{
	if (const auto use = key.find("use"); use != key.end() && *use != "sig")
		return false;
	const auto operations = key.find("key_ops");
	if (operations == key.end())
		return true;
	return operations->is_array() && std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

std::optional<SigningKey> read_rsa(const json& key)
{
	const auto modulus = bytes_member(key, "n");
	const auto exponent = bytes_member(key, "e");
	return modulus && exponent ? SigningKey::rsa(*modulus, *exponent) : std::nullopt;
}

std::optional<SigningKey> read_curve(const json& key, bool edwards)
{
	const std::string* curve = string_member(key, "crv");
	const auto x = bytes_member(key, "x");
	if (curve == nullptr || !x)
		return std::nullopt;
	if (edwards)
		return SigningKey::edwards(*curve, *x);
	const auto y = bytes_member(key, "y");
	return y ? SigningKey::elliptic(*curve, *x, *y) : std::nullopt;
}

std::optional<SigningKey> read_key(const json& key)
{
	const std::string* type = string_member(key, "kty");
	if (type == nullptr || !is_for_verifying(key))
		return std::nullopt;
	if (*type == "RSA")
		return read_rsa(key);
	if (*type == "EC" || *type == "OKP")
		return read_curve(key, *type == "OKP");
	if (*type != "oct")
		return std::nullopt;
	auto secret = bytes_member(key, "k");
	return secret ? SigningKey::secret(*std::move(secret)) : std::nullopt;
}

std::optional<std::string> optional_member(const json& key, const char* name)
{
	const std::string* text = string_member(key, name);
	return text == nullptr ? std::nullopt : std::optional(*text);
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view text)
{
	if (text.size() > kMaxKeySetBytes)
		return Error(ErrorCode::kInvalid, "a key set of more than " + std::to_string(kMaxKeySetBytes) + " bytes");
	const auto document = parse_json_object(text);
	const auto keys = document ? document->find("keys") : json::const_iterator();
	if (!document || keys == document->end() || !keys->is_array())
		return Error(ErrorCode::kInvalid, "not a JSON Web Key Set: no array named \"keys\"");
	if (keys->size() > kMaxKeys)
		return Error(ErrorCode::kInvalid, "a key set of more than " + std::to_string(kMaxKeys) + " keys");
	KeySet set;
	for (const json& each : *keys) {
		auto key = each.is_object() ? read_key(each) : std::nullopt;
		if (key)
			set.keys_.push_back({optional_member(each, "kid"), optional_member(each, "alg"), *std::move(key)});
		else
			++set.ignored_;
	}
	return set;
}

const SigningKey* KeySet::find(Algorithm algorithm, const std::optional<std::string>& key_id) const
{
	const SigningKey* found = nullptr;
	for (const Entry& entry : keys_) {
		const bool reserved = entry.algorithm && *entry.algorithm != name_of(algorithm);
		if (reserved || !entry.key.fits(algorithm) || (key_id && entry.key_id != key_id))
			continue;
		if (found != nullptr)
			return nullptr;
		found = &entry.key;
	}
	return found;
}

}  // namespace sluice::identity

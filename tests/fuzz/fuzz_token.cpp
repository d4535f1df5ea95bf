// Any text as an access token, as a security event, and as a key set: it is read or refused, and never accepted, since nobody signs here.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/base64url.h"
#include "identity/security_event.h"

using namespace sluice::identity;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
	const std::string_view text(reinterpret_cast<const char*>(data), size);
	// The public key of RFC 7515, A.3, reserved for nothing: every signature is checked by it.
	static const auto keys = KeySet::parse(R"({"keys":[{"kty":"EC","crv":"P-256",
		"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
	if (!keys || keys->size() != 1)
		std::abort();
	static const std::vector<Issuer> issuers = {{"i", {"a"}, {Algorithm::kEs256},
		std::shared_ptr<const KeySet>(&*keys, [](const KeySet*) {})}};
	if (verify_token(text, issuers, Moment(std::chrono::seconds(1'800'000'000)), Skew()))
		std::abort();
	static const std::vector<Transmitter> transmitters = {{issuers[0], {{"spiffe://prod.example/**"}, true}}};
	if (verify_event(text, transmitters, Moment(std::chrono::seconds(1'800'000'000))))
		std::abort();
	if (const auto bytes = decode_base64url(text); bytes && encode_base64url(*bytes) != text)
		std::abort();
	static_cast<void>(KeySet::parse(text));
	return 0;
}

// Any bytes as a certificate, a SPIFFE ID and a revocation list: they parse or not, and no rule of theirs crashes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/path.h"

using namespace sluice::identity;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
	const std::string_view text(reinterpret_cast<const char*>(data), size);
	if (const auto id = SpiffeId::parse(text); id && id->text() != text)
		std::abort();
	static_cast<void>(parse_crls(text));
	static_cast<void>(parse_certificates(text));
	std::vector<Certificate> chain;
	if (auto parsed = Certificate::parse({data, size}))
		chain.push_back(*std::move(parsed));
	else
		return 0;
	static_cast<void>(check_client_certificate(chain[0]));
	if (claims_spiffe(chain[0]))
		static_cast<void>(spiffe_id_of(chain[0]));
	static const auto nobody = Authorities::open({}, {}, Authorities::Crls::kDemanded);
	if (!nobody || nobody->check(chain, Moment(std::chrono::seconds(1'800'000'000)), Skew()))
		std::abort();
	return 0;
}

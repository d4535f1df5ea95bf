// SpiffeId: the name of a workload, `spiffe://TRUST-DOMAIN/PATH` (SPIFFE-ID, sections 2.1 to 2.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::identity {

inline constexpr std::string_view kSpiffeScheme = "spiffe://";
inline constexpr std::size_t kMaxSpiffeIdBytes = 2048;
inline constexpr std::size_t kMaxTrustDomainBytes = 255;

class SpiffeId {
public:
	// Nothing for what the specification does not allow: upper case, ports, user information, queries, fragments,
	// percent signs, empty segments, `.` and `..`.
	static std::optional<SpiffeId> parse(std::string_view text);

	const std::string& text() const { return text_; }
	std::string_view trust_domain() const { return std::string_view(text_).substr(kSpiffeScheme.size(), domain_length_); }
	// With its leading slash; empty for the trust domain itself.
	std::string_view path() const { return std::string_view(text_).substr(kSpiffeScheme.size() + domain_length_); }

private:
	SpiffeId(std::string_view text, std::size_t domain_length) : text_(text), domain_length_(domain_length) {}

	std::string text_;
	std::size_t domain_length_;
};

bool is_trust_domain(std::string_view text);

}  // namespace sluice::identity

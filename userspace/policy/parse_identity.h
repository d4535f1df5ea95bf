// IdentityReader: the part of a policy that says whom certificates and tokens are believed from, and what their holders
// may be called.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"
#include "policy/model.h"
#include "policy/parse_limit.h"
#include "policy/yaml.h"

namespace sluice::policy {

class IdentityReader {
public:
	// kContent: what it holds is part of what the policy means. kWatched: the daemon reads it, again whenever it changes, and
	// the policy with it. kApart: the daemon reads and watches it by itself.
	enum class Use { kContent, kWatched, kApart };
	// The absolute path of a file that is named there; of kContent what it holds. None: it cannot be read, and that was said.
	using OpenFile = std::function<std::optional<NamedFile>(const Yaml& node, Use use)>;

	// All of it outlives the reader.
	IdentityReader(Findings& findings, const OpenFile& open_file, LimitReader& limits) : findings_(findings), open_file_(open_file), limits_(limits) {}

	Identities read(const Yaml& node);
	// {roles: […], identities: […]} of a service.
	void read_admit(const Yaml& node, Service& service);

private:
	TrustDomain read_trust_domain(const Yaml& node);
	PlainPki read_pki(const Yaml& node);
	std::optional<MappedName> read_mapping(const Yaml& node);
	TokenIssuer read_issuer(const Yaml& node);
	EventTransmitter read_transmitter(const Yaml& node);
	void read_signer(const Yaml& node, const std::string& what, TokenIssuer& issuer);
	Role read_role(const Yaml& node);
	std::optional<ClaimedRole> read_claim(const Yaml& node);
	void read_lease(const Yaml& node, LeaseTerms& terms);
	IdentityPort read_port(const Yaml& node);
	Authorization read_authorization(const Yaml& node);
	void read_request_limit(const Yaml& node, std::string_view key, std::vector<RequestLimit>& limits);
	void read_callers(const Yaml& node, Authorization& authorization);
	void read_demand(const Yaml& node, bool& needs_token, bool& takes_unbound_tokens);
	std::optional<net::Endpoint> read_endpoint(const Yaml& node);
	NamedFile read_port_file(const Yaml& node, std::string_view key, const char* hint);
	Authorities read_authorities(const Yaml& node, std::string_view what);
	std::vector<std::string> read_texts(const Yaml& node, std::string_view what);
	std::string text_of(const Yaml& node, std::string_view key, std::string_view what);

	Findings& findings_;
	const OpenFile& open_file_;
	LimitReader& limits_;
};

}  // namespace sluice::policy

// Judge: a setup, made ready to judge credentials by; and Setups, which makes one judge after the other.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "identity/security_event.h"
#include "identity/verify.h"
#include "port/messages.h"

namespace sluice::port {

// Never changed once it is made; may be asked by several threads.
struct Judge {
	identity::Trust trust;
	std::vector<identity::Issuer> issuers;
	std::vector<identity::Transmitter> transmitters;
	std::vector<identity::RoleRule> roles;
	identity::Demand demand;                     // of the port's clients
	std::optional<Authorization> authorization;  // who may ask for others, and what is demanded of those

	identity::Checked<identity::SecurityEvent> judge_event(const std::string& token, identity::Moment now) const;
	identity::Checked<identity::Identity> judge(const identity::Credential& credential, const identity::Demand& of, identity::Moment now) const;
};

// One thread.
class Setups {
public:
	struct Made {
		std::shared_ptr<const Judge> judge;
		std::vector<std::string> problems;  // one for each file that is not as it should be
	};
	// A revocation list or key set that is missing or broken is a problem: what stood at its path before goes on. Error
	// kInvalid, and nothing changes, for anything else.
	Result<Made> make(const Setup& setup);

private:
	using Texts = std::map<std::string, std::string>;
	using KeySets = std::map<std::string, std::shared_ptr<const identity::KeySet>>;
	struct Next {
		Texts crls;
		KeySets keys;
		std::vector<std::string> problems;
	};

	void take_crl(const File& file, Next& next) const;
	std::shared_ptr<const identity::KeySet> take_keys(const File& file, Next& next) const;
	identity::Issuer issuer_of(const TokenIssuer& issuer, Next& next) const;
	Result<identity::Trust> trust_of(const Setup& setup, Next& next) const;

	Texts crls_;     // by path, the last that was right
	KeySets keys_;
};

}  // namespace sluice::port

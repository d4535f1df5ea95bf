// Trust: whom certificates are believed from, and what a certificate that is believed is called.
//
// A SPIFFE certificate names its trust domain, and only that domain's authorities may vouch for it. Any other certificate
// is a plain PKI's: policy says which of its names, or which fingerprint, is which identity.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "identity/path.h"

namespace sluice::identity {

enum class OcspMode {
	kOff,   // only a known revocation refuses
	kSoft,  // the same, but somebody asks
	kHard,  // only a good answer is accepted
};

struct Revocation {
	// Not empty: every certificate of a path but the anchor must be covered by one of these files' lists.
	std::vector<std::string> crl_files;
	OcspMode ocsp = OcspMode::kOff;
};

// Filled in from policy.
struct TrustDomain {
	std::string name;  // "prod.example", as in spiffe://prod.example/…
	std::vector<Certificate> authorities;
	Revocation revocation;
};

struct Mapping {
	std::variant<Name, Thumbprint> by;
	std::string identity;
};

struct PlainPki {
	std::string name;
	std::vector<Certificate> authorities;
	Revocation revocation;
	std::vector<Mapping> mappings;  // the first that fits
};

// A certificate that is believed.
struct Proved {
	std::string identity;  // the SPIFFE ID, or what policy calls it
	bool is_spiffe = false;
	std::string authority;  // the trust domain's or the PKI's name
	Thumbprint thumbprint;
	Moment until;  // the first second at which it would be refused as expired
};

// One thread changes it; copies are cheap, share what does not change, and may be asked by other threads.
class Trust {
public:
	// Reads the CRL files. kInvalid where a name is no trust domain, or is there twice, or has no authority; a file that
	// cannot be read is one of problems(), and what it should cover is refused.
	static Result<Trust> open(std::vector<TrustDomain> domains, std::vector<PlainPki> pkis, const ReadFile& read);

	// Reads the CRL files again. Error: the lists before stay in force.
	Result<void> reload(const ReadFile& read);
	// What was wrong with files when they were last read, each with its path.
	const std::vector<Error>& problems() const { return problems_; }

	// Grows with every change of what this answers: what was proved in another epoch is to be proved again.
	std::uint64_t epoch() const { return epoch_; }

	// Requires a chain that is not empty, the peer's certificate first.
	Checked<Proved> check(const std::vector<Certificate>& chain, OcspAnswer ocsp, Moment now, Skew skew) const;

private:
	struct Anchored {
		std::string name;
		std::shared_ptr<const std::vector<Certificate>> anchors;  // shared with the copies that other threads hold
		std::shared_ptr<const Authorities> authorities;
		CrlFiles files;
		OcspMode ocsp;
	};
	struct Mapped {
		Anchored anchored;
		std::vector<Mapping> mappings;
	};

	static Result<Anchored> anchor(std::string name, std::vector<Certificate> authorities, Revocation revocation);
	static Result<void> renew(Anchored& anchored);
	Checked<Proved> check_spiffe(const std::vector<Certificate>& chain, OcspAnswer ocsp, Moment now, Skew skew) const;
	Checked<Proved> check_plain(const std::vector<Certificate>& chain, OcspAnswer ocsp, Moment now, Skew skew) const;

	std::vector<Anchored> domains_;
	std::vector<Mapped> pkis_;
	std::vector<Error> problems_;
	std::uint64_t epoch_ = 0;
};

}  // namespace sluice::identity

#include "daemon/identities.h"

#include "base/file.h"
#include "daemon/port_terms.h"

namespace sluice::daemon {
namespace {

constexpr std::uint64_t kMostFileBytes = 16u << 20;

}  // namespace

// Who is revoked first: a port that comes up proves nobody whom a file names.
void Identities::follow(const Policies& policies)
{
	const auto meaning = policies.meaning();
	if (meaning == nullptr)
		return;
	const policy::Identities& identities = meaning->policy.identities;
	leasing_.follow(identities);
	revocations_.follow(identities.revocations);
	const auto read = [](const std::string& path) { return read_file(path, kMostFileBytes); };
	port_.follow(port_terms(meaning->policy, policies.running()->roles, read, host_accounts()));
}

}  // namespace sluice::daemon

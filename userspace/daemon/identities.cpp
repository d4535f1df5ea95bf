#include "daemon/identities.h"

#include "base/file.h"
#include "daemon/identity_setup.h"

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
	if (!identities.port) {
		port_.stop();
		return;
	}
	const auto read = [](const std::string& path) { return read_file(path, kMostFileBytes); };
	port_.follow(IdentityPort::Wanted{identity_setup(meaning->policy, policies.running()->roles, 0, read), identities.port->listen});
}

}  // namespace sluice::daemon

#include "daemon/admission.h"

#include "net/described_packet.h"
#include "policy/failsafe_gap.h"
#include "policy/judge.h"
#include "telemetry/reasons.h"

namespace sluice::daemon {

Result<void> check_failsafe(const std::vector<policy::Failsafe>& before, const std::vector<policy::Failsafe>& after)
{
	const auto gap = policy::failsafe_gap(before, after);
	if (!gap)
		return {};
	return Error(ErrorCode::kDenied, "the failsafe would no longer let in " + *gap,
	             "put it back, or close that way in on purpose: sluice apply --force");
}

Result<void> check_session(const policy::Image& image, const control::Session& session, datapath::Datapath& datapath)
{
	if (image.config.observe)
		return {};
	net::DescribedPacket packet;
	packet.source = {session.peer, session.peer_port};
	packet.destination = {session.host, session.host_port};
	SLUICE_TRY_ASSIGN(const auto frame, net::frame_of(packet));
	SLUICE_TRY_ASSIGN(const auto bans, datapath.bans());
	SLUICE_TRY_ASSIGN(const auto overlay, datapath.overlay_entries());
	policy::Beside beside;
	for (const auto& ban : bans)
		beside.bans.push_back(ban.prefix);
	for (const auto& entry : overlay)
		beside.overlay.emplace_back(entry.prefix, entry.allows);
	const policy::Judged judged = policy::judge(image, frame, beside);
	if (judged.passes)
		return {};
	const std::string by = judged.rule.empty() ? judged.service == "-" ? "" : ", service " + judged.service : ", list " + judged.rule;
	return Error(ErrorCode::kDenied,
	             "it would cut off your session from " + control::peer_text(session) + ": " + telemetry::reason_name(judged.reason) + by,
	             "name that address in 'failsafe', or install it all the same: sluice apply --force");
}

}  // namespace sluice::daemon

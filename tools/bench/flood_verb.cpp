#include "flood_verb.h"

#include <signal.h>
#include <time.h>

#include "base/file.h"
#include "lab/flood.h"

namespace sluice::bench {

namespace {

Result<lab::FloodShape> shape_of(const FloodRequest& request)
{
	lab::FloodShape shape;
	SLUICE_TRY_ASSIGN(shape.frame.source, net::Address::parse(request.from));
	SLUICE_TRY_ASSIGN(shape.frame.destination, net::Address::parse(request.to));
	SLUICE_TRY_ASSIGN(shape.frame.protocol, net::Protocol::parse(request.protocol));
	if (shape.frame.source.family() != shape.frame.destination.family())
		return Error(ErrorCode::kInvalid, "source and destination are of different families");
	shape.frame.destination_port = request.port;
	shape.frame.syn = request.syn;
	shape.sources = request.sources;
	shape.packets_per_second = request.rate;
	shape.processor = request.processor;
	return shape;
}

// Until the time is over or somebody wants this to end. Requires that both signals are blocked.
void wait_or_be_asked(const sigset_t& asked, double seconds)
{
	const auto whole = static_cast<time_t>(seconds);
	const timespec limit{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
	::sigtimedwait(&asked, nullptr, &limit);
}

}  // namespace

Result<std::uint64_t> run_flood(const FloodRequest& request)
{
	SLUICE_TRY_ASSIGN(const lab::FloodShape shape, shape_of(request));
	SLUICE_TRY_ASSIGN(lab::Flood flood, lab::Flood::open_here(request.interface, shape));
	sigset_t asked;
	sigemptyset(&asked);
	sigaddset(&asked, SIGINT);
	sigaddset(&asked, SIGTERM);
	::pthread_sigmask(SIG_BLOCK, &asked, nullptr);
	SLUICE_TRY(flood.start());
	wait_or_be_asked(asked, request.seconds);
	SLUICE_TRY(flood.stop());
	return flood.offered();
}

}  // namespace sluice::bench

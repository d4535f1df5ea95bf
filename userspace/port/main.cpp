// `sluice-identity`: the identity port's process. sluiced starts it; descriptor 3 is its channel. Exit codes: 0 the daemon
// closed the channel, 1 failed, 2 not started as it has to be.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include <boost/asio/post.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "port/confine.h"
#include "port/port.h"

namespace sluice::port {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrong = 2;
constexpr int kChannel = 3;
constexpr unsigned kSpareDescriptors = 128;
constexpr std::size_t kWorkers = 2;

constexpr const char* kHelp =
    "usage: sluice-identity [--uid N] [--gid N] [--version]\n\n"
    "The identity port of sluiced: takes TLS connections, and says whose they are. sluiced starts it, with the channel to\n"
    "itself as descriptor 3, where its policy has `identity: port:` or `authorize:`; there is nothing to start by hand.\n"
    "With `authorize:` it answers gateways on this host that ask for their clients. Started as root, it goes on as user and\n"
    "group N (65534, nobody), without capabilities and with a few system calls only.\n"
    "See sluice-identity(8).\n";

int fail(const Error& error, int code)
{
	std::fprintf(stderr, "sluice-identity: %s\n", error.sentence().c_str());
	return code;
}

Result<unsigned> number_of(std::string_view text)
{
	unsigned number = 0;
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
	if (error != std::errc() || end != text.data() + text.size())
		return Error(ErrorCode::kInvalid, "'" + std::string(text) + "' is no number of a user or group", "see sluice-identity --help");
	return number;
}

Result<Confinement> confinement_of(const std::vector<std::string_view>& arguments)
{
	Confinement confinement;
	for (std::size_t i = 0; i < arguments.size(); i += 2) {
		if (i + 1 == arguments.size() || (arguments[i] != "--uid" && arguments[i] != "--gid"))
			return Error(ErrorCode::kInvalid, "'" + std::string(arguments[i]) + "' is not understood", "see sluice-identity --help");
		SLUICE_TRY_ASSIGN(const unsigned number, number_of(arguments[i + 1]));
		(arguments[i] == "--uid" ? confinement.uid : confinement.gid) = number;
	}
	return confinement;
}

Result<Fd> take_channel()
{
	int family = 0, type = 0;
	socklen_t size = sizeof family;
	const bool is_channel = ::getsockopt(kChannel, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX &&
				::getsockopt(kChannel, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
	if (!is_channel)
		return Error(ErrorCode::kInvalid, "descriptor 3 is no channel to sluiced", "sluiced starts this where its policy has identity: port:");
	::fcntl(kChannel, F_SETFD, FD_CLOEXEC);
	return Fd(kChannel);
}

std::size_t most_descriptors()
{
	rlimit files{};
	return ::getrlimit(RLIMIT_NOFILE, &files) == 0 ? static_cast<std::size_t>(files.rlim_max) : 0;
}

// So many connections that the descriptors last: whoever comes then finds room, and does not wait for it.
Terms terms_within(std::size_t descriptors)
{
	Terms terms;
	const std::size_t most = std::max<std::size_t>(descriptors, 2 * kSpareDescriptors) - kSpareDescriptors;
	terms.gateways = std::min(terms.gateways, most / 4);
	terms.strangers = std::min(terms.strangers, most / 8);
	terms.waiting.total = std::min(terms.waiting.total, most - terms.gateways - terms.strangers);
	return terms;
}

// Every worker is there: a thread that begins takes system calls that serving does not.
void await_workers(asio::thread_pool& workers)
{
	const auto there = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(kWorkers));
	for (std::size_t i = 0; i < kWorkers; i++)
		asio::post(workers, [there] { there->arrive_and_wait(); });
	there->wait();
}

int serve(Confinement confinement)
{
	auto channel = take_channel();
	if (!channel)
		return fail(channel.error(), kWrong);
	::close_range(kChannel + 1, ~0u, 0);
	// What reads files of the system's does so now.
	::tzset();
	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr);

	Terms terms = terms_within(most_descriptors());
	if (::getrandom(terms.secret.data(), sizeof terms.secret, 0) != sizeof terms.secret)
		return fail(Error(ErrorCode::kFailed, "draw a secret"), kFailed);
	confinement.files = static_cast<unsigned>(terms.waiting.total + terms.gateways + terms.strangers) + kSpareDescriptors;
	if (const auto confined = give_up_privileges(confinement); !confined)
		return fail(confined.error(), kFailed);
	const SystemClock clock;
	asio::io_context loop(1);
	asio::thread_pool workers(kWorkers);
	await_workers(workers);
	Port port(loop, workers, clock, *std::move(channel), terms);
	if (const auto refused = refuse_system_calls(); !refused)
		return fail(refused.error(), kFailed);
	port.start();
	loop.run();
	workers.join();
	if (!port.ended() || port.ended()->code() == ErrorCode::kUnreachable)
		return kDone;
	return fail(*port.ended(), kFailed);
}

}  // namespace
}  // namespace sluice::port

int main(int argc, char** argv)
{
	using namespace sluice;

	std::signal(SIGPIPE, SIG_IGN);
	// Of a terminal: the daemon decides when this ends.
	std::signal(SIGINT, SIG_IGN);
	std::signal(SIGHUP, SIG_IGN);
	const std::vector<std::string_view> arguments(argv + 1, argv + argc);
	try {
		if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
			std::fputs(port::kHelp, stdout);
			return port::kDone;
		}
		if (!arguments.empty() && arguments[0] == "--version") {
			std::puts("sluice-identity " SLUICE_VERSION);
			return port::kDone;
		}
		const auto confinement = port::confinement_of(arguments);
		if (!confinement)
			return port::fail(confinement.error(), port::kWrong);
		set_up_log(LogLevel::kInfo);
		return port::serve(*confinement);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "sluice-identity: internal: %s (this is a defect; please report it)\n", error.what());
		return port::kFailed;
	}
}

// How fast does the overlay take single entries: through the control socket of a running daemon, as feeds would send them.
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <string_view>

#include "base/file.h"
#include "bench.h"
#include "control/client.h"
#include "control/overlay_messages.h"
#include "control/socket.h"
#include "lab/daemon.h"
#include "lab/wire.h"
#include "text/number.h"

namespace sluice::bench {

namespace {

// Hosts of 198.18.0.0/15, the benchmark's own network (RFC 2544), fewer than the table has room for.
constexpr unsigned kHosts = 50'000;
constexpr unsigned kMany = 1000;
constexpr std::uint64_t kHour_ns = 3600'000'000'000;

std::vector<net::Prefix> hosts(unsigned first, unsigned count)
{
	std::vector<net::Prefix> prefixes;
	for (unsigned i = first; i < first + count; i++) {
		const unsigned host = i % kHosts;
		const std::string address = "198.18." + std::to_string(host / 256) + "." + std::to_string(host % 256);
		prefixes.push_back(*net::Prefix::parse(address));
	}
	return prefixes;
}

control::Json request_of(unsigned first, unsigned count)
{
	return control::to_json(control::OverlayRequest{
	    .allow = first / kHosts % 2 != 0, .prefixes = hosts(first, count), .duration_ns = kHour_ns, .why = "a benchmark"});
}

// A connection that is kept: HTTP/1.1, one request after the other.
class Kept {
public:
	static Result<Kept> open(const std::string& socket)
	{
		SLUICE_TRY_ASSIGN(Fd fd, control::connect_to(socket));
		return Kept(std::move(fd));
	}

	Result<void> post(const char* target, const std::string& body)
	{
		const std::string request = std::string("POST ") + target + " HTTP/1.1\r\nHost: sluice\r\nContent-Type: application/json\r\nContent-Length: " +
					    std::to_string(body.size()) + "\r\n\r\n" + body;
		for (std::size_t sent = 0; sent < request.size();) {
			const ssize_t some = ::send(fd_.get(), request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
			if (some < 0)
				return error_of_errno(errno, "send to the daemon");
			sent += static_cast<std::size_t>(some);
		}
		return read_answer();
	}

private:
	explicit Kept(Fd fd) : fd_(std::move(fd)) {}

	// Of the first answer in `received_`, its head and its body; 0: it has not come whole.
	std::size_t answer_size() const
	{
		constexpr std::string_view kLength = "Content-Length: ";
		const std::size_t head = received_.find("\r\n\r\n");
		const std::size_t at = received_.find(kLength);
		if (head == std::string::npos || at > head)
			return 0;
		std::size_t length = 0;
		std::from_chars(received_.data() + at + kLength.size(), received_.data() + head, length);
		const std::size_t whole = head + 4 + length;
		return received_.size() < whole ? 0 : whole;
	}

	Result<void> read_answer()
	{
		std::size_t size = answer_size();
		for (char room[4096]; size == 0; size = answer_size()) {
			const ssize_t some = ::recv(fd_.get(), room, sizeof(room), 0);
			if (some <= 0)
				return error_of_errno(some < 0 ? errno : ECONNRESET, "read the daemon's answer");
			received_.append(room, static_cast<std::size_t>(some));
		}
		const std::string answer = received_.substr(0, size);
		received_.erase(0, size);
		return answer.starts_with("HTTP/1.1 200 ") ? Result<void>() : Error(ErrorCode::kFailed, answer);
	}

	Fd fd_;
	std::string received_;
};

// Entries a second of `send`, which sets `each` of them from `first` on.
template <typename Send>
Result<double> rate_of(double seconds, unsigned each, Send send)
{
	const auto begin = std::chrono::steady_clock::now();
	std::chrono::duration<double> took{};
	unsigned count = 0;
	for (; took.count() < seconds; count += each) {
		SLUICE_TRY(send(count));
		took = std::chrono::steady_clock::now() - begin;
	}
	return count / took.count();
}

Result<double> rate_kept(const std::string& socket, double seconds, unsigned each)
{
	SLUICE_TRY_ASSIGN(Kept kept, Kept::open(socket));
	return rate_of(seconds, each, [&](unsigned first) { return kept.post("/v1/overlay", request_of(first, each).dump()); });
}

Result<double> rate_of_bans(const std::string& socket, double seconds)
{
	SLUICE_TRY_ASSIGN(Kept kept, Kept::open(socket));
	return rate_of(seconds, 1, [&](unsigned first) {
		const control::BanRequest request{.prefixes = hosts(first, 1), .duration_ns = kHour_ns, .why = "a benchmark"};
		return kept.post("/v1/bans", control::to_json(request).dump());
	});
}

Result<double> rate_connecting(const std::string& socket, double seconds)
{
	control::Client client(socket);
	return rate_of(seconds, 1, [&](unsigned first) -> Result<void> {
		SLUICE_TRY(client.post("/v1/overlay", request_of(first, 1)));
		return {};
	});
}

}  // namespace

Result<Answer> run_overlay(const Options& options)
{
	SLUICE_TRY_ASSIGN(lab::Wire wire, lab::Wire::open("overlay"));
	SLUICE_TRY_ASSIGN(const lab::Daemon daemon, lab::Daemon::start(wire.gate(), {.policy = "version: 1\n"}));
	const std::string socket = daemon.directory() + "/control.sock";
	std::vector<double> kept, connecting, many, bans;
	for (unsigned round = 0; round < options.rounds; round++) {
		SLUICE_TRY_ASSIGN(kept.emplace_back(), rate_kept(socket, options.seconds, 1));
		SLUICE_TRY_ASSIGN(connecting.emplace_back(), rate_connecting(socket, options.seconds));
		SLUICE_TRY_ASSIGN(many.emplace_back(), rate_kept(socket, options.seconds, kMany));
		SLUICE_TRY_ASSIGN(bans.emplace_back(), rate_of_bans(socket, options.seconds));
	}
	Answer answer{"Overlay entries and bans set through the control socket, a second",
		      {"how", "entries/s (least to most)"},
		      {},
		      {"One client on one connection waits for each answer; the daemon journals every entry. Client and daemon share the "
		       "machine's processors."},
		      {}};
	const std::pair<const char*, const std::vector<double>*> rows[] = {{"one a request, one connection", &kept},
									   {"one a request, a connection each", &connecting},
									   {"a thousand a request", &many},
									   {"bans, one a request, one connection", &bans}};
	for (const auto& [how, rates] : rows) {
		answer.rows.push_back({how, to_string(spread_of(*rates), 0)});
		answer.json["rows"].push_back({{"how", how}, {"entries_per_second", to_json(spread_of(*rates))}});
	}
	return answer;
}

}  // namespace sluice::bench

#include "daemon/daemon.h"

#include <fcntl.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/file.h"
#include "base/log.h"
#include "control/server.h"
#include "control/socket.h"
#include "daemon/attachments.h"
#include "daemon/comparison.h"
#include "daemon/feed_watch.h"
#include "daemon/identities.h"
#include "daemon/identity_verbs.h"
#include "daemon/journal.h"
#include "daemon/leasing.h"
#include "daemon/notes.h"
#include "daemon/overlay.h"
#include "daemon/policies.h"
#include "daemon/records.h"
#include "daemon/undo_verbs.h"
#include "daemon/verbs.h"
#include "daemon/watcher.h"
#include "net/address.h"
#include "policy/digest.h"
#include "telemetry/names.h"
#include "telemetry/rate_meter.h"

namespace sluice::daemon {
namespace {

namespace asio = boost::asio;

constexpr auto kQuiet = std::chrono::milliseconds(200);
constexpr auto kReadEvery = std::chrono::seconds(1);
constexpr auto kMendEvery = std::chrono::seconds(5);
constexpr auto kFarewell = std::chrono::milliseconds(500);
constexpr auto kGlance = std::chrono::milliseconds(10);

std::string failure_of(const Result<control::ApplyReply>& reply)
{
	if (!reply)
		return reply.error().sentence();
	const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply);
	if (diagnostics == nullptr)
		return {};
	for (const auto& diagnostic : *diagnostics) {
		if (diagnostic.severity == policy::Severity::kError)
			return diagnostic.to_string();
	}
	return "its files are wrong";
}

}  // namespace

struct Daemon::State {
	State(Options options_, Surroundings surroundings)
	    : options(std::move(options_)),
	      around(std::move(surroundings)),
	      signals(loop, SIGHUP, SIGTERM, SIGINT),
	      events(loop),
	      reading(loop),
	      mending(loop),
	      life(loop),
	      farewell(loop),
	      notes(around.clock, around.take_notes),
	      journal(around.clock, [this] { wake(); }),
	      archive(options.state, disk),
	      records(archive, around.clock, around.boot),
	      policies({loop, around.datapath, around.clock, around.bucket_sets, options.policy, records},
	               [this](const Outcome& outcome) { tell(outcome); }),
	      feeds(loop, around.clock, journal, [this] { reload("a list became stale"); }),
	      attachments(around.datapath, journal, [](const std::string& name) { return ::if_nametoindex(name.c_str()); }),
	      leasing({around.datapath, around.clock, journal, disk, options.state, [this] { return running_digest(); }}),
	      identity_port(loop, leasing, options.identity_program),
	      revocation_files(loop, around.clock, leasing),
	      identities(leasing, identity_port, revocation_files),
	      comparison(loop, policies),
	      verbs({around.datapath, around.clock, policies, comparison, attachments, journal, leasing, identity_port, revocation_files, meter, [this] { return warnings(); }}),
	      undo_verbs(policies),
	      identity_verbs(leasing, policies),
	      overlay_verbs(around.datapath, around.clock, journal)
	{
	}

	Result<void> begin();
	Result<void> install_first();
	Result<void> attach_named();
	Result<void> open_socket();
	Result<void> open_events();
	Result<void> open_watcher();

	void tell(const Outcome& outcome);
	bool tell_shadow(const control::Applied& applied);
	void watch(std::uint64_t since_unix_ns);
	void wake();
	std::vector<std::string> warnings();
	std::string one_line() const;
	std::string running_digest() const;

	void wait_for_signals();
	void wait_for_events();
	void drain_events();
	void take(const sluice_event& event);
	void read_rates();
	void mend();
	void sign_of_life();
	void reload(const char* why);
	void end();
	void part(std::chrono::steady_clock::time_point latest);

	Options options;
	Surroundings around;
	asio::io_context loop{1};
	asio::signal_set signals;
	asio::posix::stream_descriptor events;
	asio::steady_timer reading;
	asio::steady_timer mending;
	asio::steady_timer life;
	asio::steady_timer farewell;
	Notes notes;
	Journal journal;
	Disk disk;
	Archive archive;
	Records records;
	Policies policies;
	FeedWatch feeds;
	Attachments attachments;
	Leasing leasing;
	IdentityPort identity_port;
	RevocationFiles revocation_files;
	Identities identities;
	Comparison comparison;
	telemetry::RateMeter meter;
	Verbs verbs;
	UndoVerbs undo_verbs;
	IdentityVerbs identity_verbs;
	OverlayVerbs overlay_verbs;
	std::optional<Watcher> watcher;
	std::optional<control::Server> server;
	policy::Diagnostics diagnostics;
	std::uint64_t first_read_unix_ns = 0;
	std::vector<std::string> unwatched;
	bool serving = false;
	bool ending = false;
};

Daemon::Daemon(Options options, Surroundings surroundings)
    : state_(std::make_unique<State>(std::move(options), std::move(surroundings)))
{
}

Daemon::~Daemon() = default;

const policy::Diagnostics& Daemon::diagnostics() const
{
	return state_->diagnostics;
}

// ---- start ----

Result<void> Daemon::start()
{
	auto begun = state_->begin();
	if (!begun)
		state_->server.reset();
	return begun;
}

// The socket comes first: where another daemon answers, nothing is touched.
Result<void> Daemon::State::begin()
{
	SLUICE_TRY(open_socket());
	SLUICE_TRY(attachments.adopt());
	SLUICE_TRY(leasing.start());
	SLUICE_TRY(install_first());
	SLUICE_TRY(attach_named());
	SLUICE_TRY(open_events());
	return open_watcher();
}

Result<void> Daemon::State::install_first()
{
	Outcome outcome = policies.start();
	first_read_unix_ns = outcome.began_unix_ns;
	const std::string failure = failure_of(outcome.reply);
	if (failure.empty()) {
		tell(outcome);
		return {};
	}
	if (policies.running() != nullptr) {
		tell(outcome);
		return {};
	}
	if (!outcome.reply)
		return outcome.reply.error();
	diagnostics = std::get<policy::Diagnostics>(*outcome.reply);
	return Error(ErrorCode::kInvalid, options.policy + " is wrong, and no policy runs", "correct it: sluice check " + options.policy);
}

Result<void> Daemon::State::attach_named()
{
	for (const auto& name : options.interfaces) {
		auto attached = attachments.attach(name, options.mode);
		if (!attached)
			return std::move(attached.error()).within("attach " + name);
	}
	return {};
}

Result<void> Daemon::State::open_socket()
{
	SLUICE_TRY_ASSIGN(Fd listening, control::listen_at(options.socket, options.socket_group));
	server.emplace(loop, std::move(listening), options.socket);
	verbs.add_to(*server);
	undo_verbs.add_to(*server);
	identity_verbs.add_to(*server);
	overlay_verbs.add_to(*server);
	return {};
}

// Waits on a descriptor of its own, so that closing it leaves the datapath's alone.
Result<void> Daemon::State::open_events()
{
	const int fd = around.datapath.events_fd();
	if (fd < 0)
		return {};
	Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!copy)
		return error_of_errno(errno, "wait for events");
	boost::system::error_code error;
	events.assign(copy.get(), error);
	if (error)
		return Error(ErrorCode::kFailed, "wait for events: " + error.message());
	(void)copy.release();
	return {};
}

Result<void> Daemon::State::open_watcher()
{
	SLUICE_TRY_ASSIGN(watcher, Watcher::open(loop, kQuiet, [this] { reload("a file changed"); }));
	watch(first_read_unix_ns);
	return {};
}

// ---- the loop ----

Result<void> Daemon::run()
{
	State& state = *state_;
	state.wait_for_signals();
	state.wait_for_events();
	state.read_rates();
	state.mend();
	state.sign_of_life();
	state.server->start();
	state.serving = true;
	state.around.notifier.ready(state.one_line());
	spdlog::info("ready at {}: {}", state.options.socket, state.one_line());
	state.loop.run();
	state.leasing.tick();

	if (!state.options.detach_on_exit)
		return {};
	return state.attachments.detach_all();
}

void Daemon::stop()
{
	asio::post(state_->loop, [state = state_.get()] { state->end(); });
}

void Daemon::State::end()
{
	if (ending)
		return;
	ending = true;
	around.notifier.stopping();
	spdlog::info("ends; interfaces {}", options.detach_on_exit ? "are detached" : "stay attached");
	server->stop();
	identity_port.stop();
	part(std::chrono::steady_clock::now() + kFarewell);
}

// Answers that are on their way get a moment.
void Daemon::State::part(std::chrono::steady_clock::time_point latest)
{
	if (server->sessions() == 0 || std::chrono::steady_clock::now() >= latest) {
		loop.stop();
		return;
	}
	farewell.expires_after(kGlance);
	farewell.async_wait([this, latest](const boost::system::error_code&) { part(latest); });
}

void Daemon::State::wait_for_signals()
{
	signals.async_wait([this](const boost::system::error_code& error, int signal) {
		if (error)
			return;
		if (signal == SIGHUP)
			reload("SIGHUP");
		else
			end();
		wait_for_signals();
	});
}

void Daemon::State::wait_for_events()
{
	if (!events.is_open())
		return;
	events.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
		if (error)
			return;
		drain_events();
		wait_for_events();
	});
}

// The datapath is asked again about each, so it hands them all over first.
void Daemon::State::drain_events()
{
	std::vector<sluice_event> waiting;
	auto drained = around.datapath.drain_events([&waiting](const sluice_event& event) { waiting.push_back(event); });
	if (!drained)
		spdlog::warn("events: {}", drained.error().sentence());
	for (const sluice_event& event : waiting)
		take(event);
}

void Daemon::State::take(const sluice_event& event)
{
	telemetry::DropEvent drop;
	drop.reason = event.reason;
	drop.source = net::Address::from_abi(event.source);
	drop.destination = net::Address::from_abi(event.destination);
	drop.source_port = event.source_port;
	drop.destination_port = event.destination_port;
	drop.protocol = event.protocol;
	if (const datapath::Running* running = policies.running()) {
		drop.service = telemetry::name_of(running->services, event.service);
		drop.rule = telemetry::name_of(running->rules, event.rule);
	}
	drop.length = event.length;
	drop.interface = attachments.name_of(event.interface_index);
	drop.generation = event.generation;
	drop.observed = event.observed != 0;
	if (event.identity != SLUICE_IDENTITY_NONE)
		drop.identity = leasing.holder_of(event.identity);
	journal.record(std::move(drop), event.mono_ns);
}

void Daemon::State::read_rates()
{
	if (const auto stats = verbs.stats())
		meter.read(around.clock.mono_ns(), *stats);
	else
		spdlog::warn("counters: {}", stats.error().sentence());
	drain_events();
	leasing.tick();
	reading.expires_after(kReadEvery);
	reading.async_wait([this](const boost::system::error_code& error) {
		if (!error)
			read_rates();
	});
}

void Daemon::State::mend()
{
	attachments.mend();
	identity_port.mend();
	notes.collect();
	mending.expires_after(kMendEvery);
	mending.async_wait([this](const boost::system::error_code& error) {
		if (!error)
			mend();
	});
}

void Daemon::State::sign_of_life()
{
	const auto every = around.notifier.alive_every();
	if (!every)
		return;
	around.notifier.alive();
	life.expires_after(*every);
	life.async_wait([this](const boost::system::error_code& error) {
		if (!error)
			sign_of_life();
	});
}

// ---- policies ----

void Daemon::State::reload(const char* why)
{
	spdlog::info("reload: {}", why);
	around.notifier.reloading(around.clock.mono_ns());
	policies.reload();
	if (policies.waiting())
		around.notifier.ready(one_line());
}

// Whether it was about a candidate alone, and what runs goes on.
bool Daemon::State::tell_shadow(const control::Applied& applied)
{
	const auto& shadow = applied.shadow ? applied.shadow : applied.dropped;
	if (!shadow)
		return false;
	journal.record(telemetry::ShadowEvent{shadow->path, shadow->digest, applied.shadow.has_value()});
	return true;
}

void Daemon::State::tell(const Outcome& outcome)
{
	const std::string failure = failure_of(outcome.reply);
	if (failure.empty() && tell_shadow(std::get<control::Applied>(*outcome.reply)))
		return;
	const datapath::Running* running = policies.running();
	telemetry::PolicyEvent event{outcome.path, 0, {}, failure, cause_name(outcome.cause)};
	if (running != nullptr) {
		event.generation = running->meta.generation;
		event.digest = running_digest();
	}
	bool changed = true;
	if (failure.empty())
		changed = std::get<control::Applied>(*outcome.reply).changed;
	if (changed)
		journal.record(std::move(event));
	else
		spdlog::info("policy {}: unchanged, generation {} goes on", outcome.path, event.generation);
	feeds.follow(policies.feeds());
	identities.follow(policies);
	notes.collect();
	watch(outcome.began_unix_ns);
	if (serving)
		around.notifier.ready(one_line());
}

void Daemon::State::watch(std::uint64_t since_unix_ns)
{
	if (watcher)
		unwatched = watcher->watch(policies.files(), since_unix_ns);
}

void Daemon::State::wake()
{
	if (server)
		server->wake();
}

std::vector<std::string> Daemon::State::warnings()
{
	notes.collect();
	std::vector<std::string> out = notes.texts();
	out.insert(out.end(), unwatched.begin(), unwatched.end());
	return out;
}

std::string Daemon::State::running_digest() const
{
	return policies.running() != nullptr ? policy::digest_text(policies.running()->meta) : std::string();
}

std::string Daemon::State::one_line() const
{
	const datapath::Running* running = policies.running();
	const auto generation = running != nullptr ? running->meta.generation : 0;
	return "generation " + std::to_string(generation) + " judges " + std::to_string(attachments.interfaces().size()) + " interfaces";
}

}  // namespace sluice::daemon

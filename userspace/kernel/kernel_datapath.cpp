#include "kernel/kernel_datapath.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernel/cookie_links.h"
#include "kernel/counter_maps.h"
#include "kernel/explainer.h"
#include "kernel/generation.h"
#include "kernel/history.h"
#include "kernel/links.h"
#include "kernel/pins.h"
#include "kernel/policy_maps.h"
#include "kernel/ring.h"
#include "kernel/shadow.h"
#include "kernel/state_maps.h"
#include "kernel/tick_clock.h"
#include "kernel/typed_map.h"
#include "policy/numbering.h"
#include "sluice/abi/shadow.h"

namespace sluice::kernel {

using datapath::Interface;
using datapath::Running;

struct KernelDatapath::State {
	Calls& calls;
	const Clock& clock;
	Pins pins;
	Links links;
	History history;
	StateMaps maps;
	sluice_clock packet_clock;
	Ring ring;
	std::vector<std::string> notes;
	CookieLinks cookies;
	bool cookies_wanted = false;           // by the running generation
	std::optional<Shadow> shadow{};
	std::optional<Explainer> explainer{};  // of the running generation, once somebody asked

	Result<void> adopt_shadow();
	void forget_shadow();
	void settle_cookies() { cookies.settle(links.all(), cookies_wanted, maps, notes); }
};

namespace {

// Pins a staged generation under its number, and with it the state that is not pinned yet.
Result<void> pin_generation(Calls& calls, const Pins& pins, const Generation& next, StateMaps& maps, Undo& undo)
{
	SLUICE_TRY(remove_pins(calls, pins.staging()));
	SLUICE_TRY(next.pin(calls, pins.staging(), undo));
	SLUICE_TRY(maps.pin(calls, pins, undo));
	const std::string path = pins.generation(next.number());
	if (const int code = calls.rename(pins.staging(), path); code < 0)
		return Error(ErrorCode::kFailed, "pin " + path + ": " + std::strerror(-code));
	undo.add([&calls, path] { (void)remove_pins(calls, path); });
	return {};
}

// Of no tick where they do not tell the time: packets then ask the kernel, each at some ten nanoseconds more.
sluice_clock tick_clock(std::vector<std::string>& notes)
{
	auto clock = measure_tick_clock();
	if (clock)
		return *clock;
	notes.push_back("packets are judged by the kernel's coarse clock, at some nanoseconds each: " + clock.error().message());
	return {};
}

// What means something else from `image` on.
Result<Renamed> renamed_by(const policy::Image& image, const std::optional<Generation>& running)
{
	Running before;
	if (running && running->is_readable()) {
		SLUICE_TRY_ASSIGN(before, running->read());
	}
	return Renamed{policy::renamed(before.services, image.service_names, SLUICE_SERVICE_FIRST),
		       policy::renamed(before.rules, image.rule_names, SLUICE_RULE_FIRST_FAILSAFE),
		       policy::renamed_roles(before.roles, image.role_names)};
}

}  // namespace

KernelDatapath::KernelDatapath(std::unique_ptr<State> state) : state_(std::move(state)) {}
KernelDatapath::~KernelDatapath() = default;

Result<std::unique_ptr<KernelDatapath>> KernelDatapath::open(const Options& options, const Clock& clock, Calls& calls)
{
	std::vector<std::string> notes;
	SLUICE_TRY_ASSIGN(Pins pins, Pins::open(calls, options.pins));
	SLUICE_TRY_ASSIGN(Links links, Links::open(calls, pins, notes));
	SLUICE_TRY_ASSIGN(History history, History::open(calls, pins, links, notes));
	const std::uint32_t abi = history.running() ? history.running()->abi() : 0;
	SLUICE_TRY_ASSIGN(StateMaps maps, StateMaps::open(calls, pins, options, abi, notes));
	SLUICE_TRY_ASSIGN(Ring ring, Ring::open(maps.at("events").fd()));
	CookieLinks cookies(calls, pins);
	auto state = std::unique_ptr<State>(new State{calls, clock, std::move(pins), std::move(links), std::move(history),
						      std::move(maps), tick_clock(notes), std::move(ring), std::move(notes),
						      std::move(cookies)});
	SLUICE_TRY(state->adopt_shadow());
	if (state->history.running() && state->history.running()->is_readable()) {
		SLUICE_TRY_ASSIGN(const Running running, state->history.running()->read());
		state->cookies_wanted = running.config.cookies;
	}
	state->settle_cookies();
	return std::unique_ptr<KernelDatapath>(new KernelDatapath(std::move(state)));
}

// A candidate that no program of the running generation hands packets to was never complete, or has ended: it goes. So does
// one that cannot be read, and the generation judges by its own program again.
Result<void> KernelDatapath::State::adopt_shadow()
{
	auto found = Shadow::open(calls, pins);
	const auto& running = history.running();
	if (found && *found && running && running->is_readable() && running->is_shadowed()) {
		shadow = std::move(*found);
		return {};
	}
	if (running && running->is_shadowed()) {
		notes.push_back("the candidate that was shadowed is dropped: " +
				(found ? "its pins are gone" : found.error().message()));
		Undo undo;
		SLUICE_TRY(links.publish(running->own(), history, undo));
		undo.keep();
	}
	forget_shadow();
	return {};
}

// Requires that no link runs a program that hands packets on. What stays pinned goes when the next daemon looks.
void KernelDatapath::State::forget_shadow()
{
	history.unshadow(calls, pins, notes);
	shadow.reset();
	if (auto removed = remove_pins(calls, pins.shadow()); !removed)
		notes.push_back("the candidate stays pinned: " + removed.error().message());
}

Result<policy::Heritage> KernelDatapath::heritage()
{
	const auto& running = state_->history.running();
	Running read;
	if (running && running->is_readable()) {
		SLUICE_TRY_ASSIGN(read, running->read());
	}
	return policy::inherit(running ? running->number() : 0, {read.services, read.rules, read.roles}, read.limits);
}

Result<std::optional<Running>> KernelDatapath::running()
{
	const auto& running = state_->history.running();
	if (!running || !running->is_readable())
		return std::optional<Running>();
	SLUICE_TRY_ASSIGN(Running read, running->read());
	return std::optional(std::move(read));
}

Result<Running> KernelDatapath::install(policy::Image image, datapath::ShadowFate fate)
{
	State& state = *state_;
	SLUICE_TRY(check_image(image, bucket_sets()));
	SLUICE_TRY(state.links.sweep(state.notes));
	image.config.hash = state.maps.hash_key();
	image.config.clock = state.packet_clock;
	image.config.generation = state.history.next_number(state.pins);
	image.meta.generation = image.config.generation;
	image.meta.abi = SLUICE_ABI_VERSION;
	image.meta.installed_unix_ns = state.clock.unix_ns();

	SLUICE_TRY_ASSIGN(Generation next, Generation::stage(state.calls, image, state.maps));
	SLUICE_TRY_ASSIGN(Running read, next.read());
	const bool goes_on = state.shadow && fate == datapath::ShadowFate::kGoesOn;
	if (goes_on) {
		SLUICE_TRY_ASSIGN(Program program, state.shadow->load_shadowed(state.calls, next, state.maps));
		next.set_shadowed(std::move(program));
	}
	SLUICE_TRY_ASSIGN(const Renamed renamed, renamed_by(image, state.history.running()));
	Undo undo;
	SLUICE_TRY(pin_generation(state.calls, state.pins, next, state.maps, undo));
	std::vector<Rows> rows = {{&state.maps.at("counters"), &renamed.services, SLUICE_REASONS}, {&state.maps.at("rule_counters"), &renamed.rules, 1}};
	if (goes_on)
		rows.push_back({&state.shadow->outcomes(), &renamed.services, SLUICE_OUTCOMES});
	SLUICE_TRY(zero_counters(state.calls, rows, undo));
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state.maps.leases());
	SLUICE_TRY(leases.strip_roles(renamed.roles, undo));
	SLUICE_TRY(state.links.publish(next.judge(), state.history, undo));
	undo.keep();
	state.explainer.reset();  // it holds the maps of what ran
	state.history.advance(state.calls, state.pins, std::move(next), state.notes);
	if (state.shadow && !goes_on)
		state.forget_shadow();
	state.cookies_wanted = read.config.cookies;
	state.settle_cookies();
	return read;
}

Result<Running> KernelDatapath::shadow(policy::Image image)
{
	State& state = *state_;
	const auto& running = state.history.running();
	if (!running || !running->is_readable())
		return Error(ErrorCode::kNotFound, "no policy is installed", "sluice apply FILE");
	if (state.shadow)
		return Error(ErrorCode::kExists, "a candidate is shadowed already", "sluice promote, or sluice rollback");
	SLUICE_TRY(check_image(image, bucket_sets()));
	SLUICE_TRY(state.links.sweep(state.notes));
	image.config.hash = state.maps.hash_key();
	image.config.clock = state.packet_clock;
	image.config.generation = 0;
	image.meta.generation = 0;
	image.meta.abi = SLUICE_ABI_VERSION;
	image.meta.installed_unix_ns = state.clock.unix_ns();

	SLUICE_TRY_ASSIGN(Shadow shadow, Shadow::stage(state.calls, image, state.maps));
	SLUICE_TRY_ASSIGN(Running read, shadow.read());
	SLUICE_TRY_ASSIGN(Program shadowed, shadow.load_shadowed(state.calls, *running, state.maps));
	Undo undo;
	SLUICE_TRY(shadow.pin(state.calls, state.pins, undo));
	const std::string path = shadowed_pin(state.pins, *running);
	if (const int code = state.calls.pin(shadowed.fd.get(), path); code < 0)
		return Error(ErrorCode::kFailed, "pin " + path + ": " + std::strerror(-code));
	undo.add([&state, path] { (void)state.calls.unpin(path); });
	SLUICE_TRY(state.links.publish(shadowed, state.history, undo));
	undo.keep();
	state.history.shadow(std::move(shadowed));
	state.shadow = std::move(shadow);
	return read;
}

Result<void> KernelDatapath::end_shadow()
{
	State& state = *state_;
	if (!state.shadow)
		return Error(ErrorCode::kNotFound, "no candidate is shadowed");
	SLUICE_TRY(state.links.sweep(state.notes));
	Undo undo;
	SLUICE_TRY(state.links.publish(state.history.running()->own(), state.history, undo));
	undo.keep();
	state.forget_shadow();
	return {};
}

Result<std::optional<Running>> KernelDatapath::candidate()
{
	if (!state_->shadow)
		return std::optional<Running>();
	SLUICE_TRY_ASSIGN(Running read, state_->shadow->read());
	return std::optional(std::move(read));
}

Result<datapath::ShadowCounters> KernelDatapath::shadow_counters()
{
	if (!state_->shadow)
		return datapath::ShadowCounters{};
	const std::uint32_t services = state_->history.running()->at("service_names").shape().max_entries;
	return state_->shadow->counters(std::min(services, SLUICE_MAX_SERVICES));
}

Result<std::optional<Running>> KernelDatapath::previous()
{
	const auto& previous = state_->history.previous();
	if (!previous || !previous->is_readable())
		return std::optional<Running>();
	SLUICE_TRY_ASSIGN(Running read, previous->read());
	return std::optional(std::move(read));
}

Result<Running> KernelDatapath::revert()
{
	State& state = *state_;
	const auto& previous = state.history.previous();
	if (!previous || !previous->is_readable())
		return Error(ErrorCode::kNotFound, "no generation before this one is loaded");
	SLUICE_TRY(state.links.sweep(state.notes));
	SLUICE_TRY_ASSIGN(Running read, previous->read());
	SLUICE_TRY_ASSIGN(const std::optional<Running> before, running());
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state.maps.leases());
	Undo undo;
	SLUICE_TRY(leases.strip_roles(policy::renamed_roles(before ? before->roles : std::vector<sluice_name>(), read.roles), undo));
	SLUICE_TRY(state.links.publish(previous->own(), state.history, undo));
	undo.keep();
	state.explainer.reset();
	state.history.swap();
	if (state.shadow)
		state.forget_shadow();
	state.cookies_wanted = read.config.cookies;
	state.settle_cookies();
	return read;
}

Result<Interface> KernelDatapath::attach(const std::string& name, std::optional<datapath::AttachMode> only)
{
	const auto& running = state_->history.running();
	if (!running)
		return Error(ErrorCode::kFailed, "attach to " + name + ": no policy is installed", "sluice apply FILE");
	SLUICE_TRY_ASSIGN(Interface attached, state_->links.attach(*running, name, only, state_->notes));
	state_->settle_cookies();
	return attached;
}

Result<void> KernelDatapath::detach(const std::string& name)
{
	SLUICE_TRY(state_->links.detach(name));
	state_->settle_cookies();
	return {};
}

Result<std::vector<Interface>> KernelDatapath::interfaces()
{
	SLUICE_TRY_ASSIGN(std::vector<Interface> interfaces, state_->links.interfaces(state_->history, state_->notes));
	state_->settle_cookies();  // somebody may have taken away what takes cookies back
	return interfaces;
}

Result<void> KernelDatapath::ban(const datapath::Ban& ban)
{
	SLUICE_TRY_ASSIGN(const BanTable bans, state_->maps.bans());
	return bans.set(ban, now_mono_ns());
}

Result<void> KernelDatapath::unban(const net::Prefix& prefix)
{
	SLUICE_TRY_ASSIGN(const BanTable bans, state_->maps.bans());
	return bans.lift(prefix);
}

Result<std::vector<datapath::Ban>> KernelDatapath::bans()
{
	SLUICE_TRY_ASSIGN(const BanTable bans, state_->maps.bans());
	return bans.standing(now_mono_ns());
}

Result<void> KernelDatapath::put_identity(const datapath::Identity& identity)
{
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state_->maps.leases());
	return leases.put_identity(identity);
}

Result<void> KernelDatapath::put_lease(const datapath::Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns)
{
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state_->maps.leases());
	return leases.put_lease(binding, slot, expires_boot_ns);
}

Result<void> KernelDatapath::drop_lease(const datapath::Binding& binding)
{
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state_->maps.leases());
	return leases.drop_lease(binding);
}

Result<void> KernelDatapath::revoke(std::uint32_t slot)
{
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state_->maps.leases());
	return leases.revoke(slot);
}

Result<std::optional<datapath::Identity>> KernelDatapath::identity(std::uint32_t slot)
{
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state_->maps.leases());
	return leases.identity(slot);
}

Result<datapath::Leases> KernelDatapath::leases()
{
	SLUICE_TRY_ASSIGN(const LeaseTable leases, state_->maps.leases());
	return leases.standing(now_boot_ns());
}

Result<void> KernelDatapath::overlay(const datapath::OverlayEntry& entry)
{
	SLUICE_TRY_ASSIGN(const BanTable bans, state_->maps.bans());
	return bans.set(entry, now_mono_ns());
}

Result<void> KernelDatapath::forget(const net::Prefix& prefix)
{
	SLUICE_TRY_ASSIGN(const BanTable bans, state_->maps.bans());
	return bans.forget(prefix);
}

Result<std::vector<datapath::OverlayEntry>> KernelDatapath::overlay_entries()
{
	SLUICE_TRY_ASSIGN(const BanTable bans, state_->maps.bans());
	return bans.overlay(now_mono_ns());
}

Result<datapath::Explanation> KernelDatapath::explain(std::span<const std::byte> frame)
{
	State& state = *state_;
	const auto& running = state.history.running();
	if (!running)
		return Error(ErrorCode::kNotFound, "no policy is installed", "sluice apply FILE");
	if (!state.explainer || state.explainer->generation() != running->number()) {
		state.explainer.reset();
		SLUICE_TRY_ASSIGN(state.explainer, Explainer::load(state.calls, *running, state.maps));
	}
	SLUICE_TRY_ASSIGN(datapath::Explanation explanation, state.explainer->run(frame));
	SLUICE_TRY_ASSIGN(const BanTable bans, state.maps.bans());
	const auto source = net::Address::from_abi(explanation.found.source);
	SLUICE_TRY_ASSIGN(explanation.identity, identity(explanation.found.identity));
	SLUICE_TRY_ASSIGN(explanation.ban, bans.find(source, explanation.found.now_mono_ns));
	SLUICE_TRY_ASSIGN(explanation.overlay, bans.find_overlay(source, explanation.found.now_mono_ns));
	return explanation;
}

Result<datapath::Counters> KernelDatapath::counters()
{
	const StateMaps& maps = state_->maps;
	std::uint32_t services = SLUICE_SERVICE_FIRST, rules = SLUICE_RULE_FIRST;
	SLUICE_TRY_ASSIGN(const std::optional<Running> read, running());
	if (read) {
		services = std::max<std::uint32_t>(services, static_cast<std::uint32_t>(read->services.size()));
		rules = std::max<std::uint32_t>(rules, static_cast<std::uint32_t>(read->rules.size()));
	}
	return read_counters(maps.at("counters"), maps.at("rule_counters"), maps.at("event_gauges"), services, rules);
}

Result<datapath::MemoryUse> KernelDatapath::memory()
{
	datapath::MemoryUse use;
	for (const char* name : kStateMaps) {
		SLUICE_TRY_ASSIGN(const std::uint64_t bytes, kernel_bytes(state_->maps.at(name).fd()));
		use.kernel_bytes += bytes;
	}
	for (const auto* generation : {&state_->history.running(), &state_->history.previous()}) {
		if (!*generation)
			continue;
		SLUICE_TRY_ASSIGN(const std::uint64_t bytes, (*generation)->memory());
		use.kernel_bytes += bytes;
	}
	if (state_->shadow) {
		SLUICE_TRY_ASSIGN(const std::uint64_t bytes, state_->shadow->memory());
		use.kernel_bytes += bytes;
	}
	return use;
}

Result<datapath::Answering> KernelDatapath::answering()
{
	return state_->cookies.read(state_->maps);
}

int KernelDatapath::events_fd()
{
	return state_->ring.fd();
}

Result<void> KernelDatapath::drain_events(const std::function<void(const sluice_event&)>& take)
{
	return state_->ring.drain([&take](std::span<const std::byte> record) {
		sluice_event event{};
		if (record.size() < sizeof(event))
			return;
		std::memcpy(&event, record.data(), sizeof(event));
		take(event);
	});
}

std::uint64_t KernelDatapath::now_mono_ns()
{
	return state_->clock.coarse_mono_ns();
}

std::uint64_t KernelDatapath::now_boot_ns()
{
	return state_->clock.boot_ns();
}

std::uint32_t KernelDatapath::bucket_sets() const
{
	return state_->maps.at("buckets").shape().max_entries;
}

std::vector<std::string> KernelDatapath::take_notes()
{
	return std::exchange(state_->notes, {});
}

int KernelDatapath::program_fd() const
{
	const auto& running = state_->history.running();
	return running ? running->program() : -1;
}

}  // namespace sluice::kernel

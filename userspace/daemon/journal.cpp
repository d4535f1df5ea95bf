#include "daemon/journal.h"

#include "base/log.h"
#include "telemetry/timestamp.h"

namespace sluice::daemon {

void Journal::append(std::uint64_t unix_ns, decltype(telemetry::Event::what) what)
{
	log_.append(unix_ns, std::move(what));
	news_();
}

void Journal::record(telemetry::DropEvent event, std::uint64_t mono_ns)
{
	const std::uint64_t now = clock_.mono_ns();
	const std::uint64_t age = now > mono_ns ? now - mono_ns : 0;
	append(clock_.unix_ns() - age, std::move(event));
}

void Journal::record(telemetry::BanEvent event)
{
	const std::string until = event.expires_unix_ns ? "until " + telemetry::timestamp(*event.expires_unix_ns) : "until it is lifted";
	spdlog::info("ban {} {}{}", event.prefix.to_string(), until, event.why.empty() ? "" : ": " + event.why);
	append(clock_.unix_ns(), std::move(event));
}

void Journal::record(telemetry::UnbanEvent event)
{
	spdlog::info("unban {}", event.prefix.to_string());
	append(clock_.unix_ns(), std::move(event));
}

void Journal::record(telemetry::PolicyEvent event)
{
	if (event.failure.empty())
		spdlog::info("policy {}: generation {} judges", event.path, event.generation);
	else
		spdlog::error("policy {} refused, generation {} goes on: {}", event.path, event.generation, event.failure);
	append(clock_.unix_ns(), std::move(event));
}

void Journal::record(telemetry::ShadowEvent event)
{
	spdlog::info("policy {}: {}", event.path, event.began ? "judged beside the one that runs; it decides nothing" : "no longer shadowed");
	append(clock_.unix_ns(), std::move(event));
}

void Journal::record(telemetry::InterfaceEvent event)
{
	spdlog::info("interface {}: {}{}", event.name, event.attached ? "attached, " : "detached", event.mode);
	append(clock_.unix_ns(), std::move(event));
}

void Journal::record(telemetry::OverlayEvent event)
{
	spdlog::info("overlay: {} {} by user {}{}", event.action, event.prefix.to_string(), event.uid, event.why.empty() ? "" : ": " + event.why);
	append(clock_.unix_ns(), std::move(event));
}

void Journal::record(telemetry::ListEvent event)
{
	spdlog::log(event.state == "fresh" ? spdlog::level::info : spdlog::level::warn, "list {}: {} is {}", event.list, event.file, event.state);
	append(clock_.unix_ns(), std::move(event));
}

// Who asks and is refused could fill the log: events and the audit file have bounds of their own.
void Journal::record(telemetry::LeaseEvent event)
{
	if (event.action != "refused")
		spdlog::info("lease: {} {}{}{}", event.action, event.identity, event.binding.empty() ? "" : " at ", event.binding);
	append(clock_.unix_ns(), std::move(event));
}

}  // namespace sluice::daemon

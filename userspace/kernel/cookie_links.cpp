#include "kernel/cookie_links.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <bpf/libbpf.h>

#include "base/file.h"
#include "cookie.skel.h"
#include "kernel/probe.h"
#include "kernel/verifier_log.h"
#include "sluice/abi/cookie.h"

namespace sluice::kernel {
namespace {

constexpr std::size_t kPage = 4096;

// What the terms of a cookie take for granted of this network namespace.
struct Setting {
	const char* path;
	const char* least;
	const char* name;
};
constexpr Setting kSettings[] = {
    {"/proc/sys/net/ipv4/tcp_syncookies", "1", "net.ipv4.tcp_syncookies"},
    {"/proc/sys/net/ipv4/tcp_timestamps", "1", "net.ipv4.tcp_timestamps"},
    {"/proc/sys/net/ipv4/tcp_window_scaling", "1", "net.ipv4.tcp_window_scaling"},
    {"/proc/sys/net/ipv4/tcp_sack", "1", "net.ipv4.tcp_sack"},
};

// The memory of the map `cookies`, shared with the kernel: its words are written by programs meanwhile.
class Shared {
public:
	static Result<Shared> over(const StateMaps& state)
	{
		void* at = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, state.at("cookies").fd(), 0);
		if (at == MAP_FAILED)
			return error_of_errno(errno, "map the memory of cookies");
		return Shared(static_cast<sluice_cookies*>(at));
	}
	volatile sluice_cookies* operator->() const { return at_.get(); }

private:
	struct Unmap {
		void operator()(sluice_cookies* at) const { ::munmap(at, kPage); }
	};
	explicit Shared(sluice_cookies* at) : at_(at) {}
	std::unique_ptr<sluice_cookies, Unmap> at_;
};

Result<void> check_settings()
{
	for (const Setting& setting : kSettings) {
		SLUICE_TRY_ASSIGN(const std::string value, read_file(setting.path));
		if (value.empty() || value[0] < setting.least[0])
			return Error(ErrorCode::kUnsupported, std::string(setting.name) + " is 0", std::string("sysctl ") + setting.name + "=1");
	}
	return {};
}

struct Destroy {
	void operator()(cookie_bpf* skeleton) const { cookie_bpf__destroy(skeleton); }
};

}  // namespace

CookieLinks::CookieLinks(Calls& calls, const Pins& pins) : calls_(&calls), pins_(pins)
{
	for (const std::string& name : pins.cookie_links()) {
		const int fd = calls.open_pin(pins.cookie_link(name));
		if (fd >= 0)
			links_.push_back({name, Fd(fd), false});
	}
}

void CookieLinks::settle(const std::vector<XdpLink>& guarded, bool wanted, const StateMaps& state, std::vector<std::string>& notes)
{
	wanted_ = wanted;
	why_not_.clear();
	if (!wanted && links_.empty())
		return;
	const auto shared = Shared::over(state);
	Result<void> settled = shared ? Result<void>() : Result<void>(shared.error());
	if (shared && !wanted)
		(*shared)->ready = 0;
	const std::vector<XdpLink> none;
	sweep(wanted ? guarded : none, notes);
	if (settled && wanted)
		settled = settle_links(guarded, state);
	if (wanted && shared)
		(*shared)->ready = settled ? 1 : 0;
	if (!settled)
		why_not_ = settled.error().sentence();
}

void CookieLinks::sweep(const std::vector<XdpLink>& guarded, std::vector<std::string>& notes)
{
	for (auto link = links_.begin(); link != links_.end();) {
		const auto held = std::find_if(guarded.begin(), guarded.end(), [&](const XdpLink& g) { return g.interface == link->interface; });
		if (held != guarded.end() && stands_on(*link, held->interface_index)) {
			++link;
			continue;
		}
		if (held != guarded.end())
			notes.push_back("what takes SYN cookies back was no longer on " + link->interface + ": somebody else took it away");
		remove(*link);
		link = links_.erase(link);
	}
}

Result<void> CookieLinks::settle_links(const std::vector<XdpLink>& guarded, const StateMaps& state)
{
	if (guarded.empty())
		return {};
	SLUICE_TRY(check_settings());
	for (Link& link : links_)
		SLUICE_TRY(renew(link, state));
	for (const XdpLink& each : guarded) {
		const bool stands = std::any_of(links_.begin(), links_.end(), [&](const Link& l) { return l.interface == each.interface; });
		if (stands)
			continue;
		SLUICE_TRY(load(state));
		SLUICE_TRY(attach(each));
	}
	return {};
}

Result<void> CookieLinks::renew(Link& link, const StateMaps& state)
{
	if (link.renewed)
		return {};
	SLUICE_TRY(load(state));
	bpf_link_info info{};
	if (const int code = calls_->link_info(link.fd.get(), info); code < 0)
		return error_of_errno(-code, "look at what takes cookies back on " + link.interface);
	const Fd old(calls_->program_by_id(info.prog_id));
	if (const int code = calls_->link_update(link.fd.get(), program_.get(), old.get()); code < 0)
		return error_of_errno(-code, "renew what takes cookies back on " + link.interface);
	link.renewed = true;
	return {};
}

bool CookieLinks::stands_on(const Link& link, std::uint32_t interface_index) const
{
	bpf_link_info info{};
	// The union's first word is the interface's index for this kind of link, too, which these headers do not know yet.
	return calls_->link_info(link.fd.get(), info) == 0 && interface_index != 0 && info.xdp.ifindex == interface_index;
}

void CookieLinks::remove(const Link& link)
{
	calls_->link_detach(link.fd.get());
	calls_->unpin(pins_.cookie_link(link.interface));
}

Result<void> CookieLinks::load(const StateMaps& state)
{
	if (program_)
		return {};
	const LogCapture log;
	const std::unique_ptr<cookie_bpf, Destroy> skeleton(cookie_bpf__open());
	if (!skeleton)
		return error_of_errno(errno, "open the program that takes cookies back");
	if (const int code = ::bpf_map__reuse_fd(skeleton->maps.cookies, state.at("cookies").fd()); code < 0)
		return error_of_errno(-code, "share map cookies");
	if (const int code = calls_->cookie_load(skeleton.get()); code < 0)
		return Error(ErrorCode::kUnsupported, "Linux " + kernel_release() + " takes no cookies back for another program",
			     "Linux 6.9 and later do; until then past the budget SYNs are dropped");
	const int copy = ::fcntl(::bpf_program__fd(skeleton->progs.sluice_cookie), F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return error_of_errno(errno, "keep the program that takes cookies back");
	program_ = Fd(copy);
	return {};
}

Result<void> CookieLinks::attach(const XdpLink& guarded)
{
	const std::string path = pins_.cookie_link(guarded.interface);
	Fd link(calls_->ingress_attach(program_.get(), guarded.interface_index));
	if (!link)
		return error_of_errno(errno, "take cookies back on " + guarded.interface);
	calls_->unpin(path);
	if (const int code = calls_->pin(link.get(), path); code < 0)
		return error_of_errno(-code, "pin " + path);
	links_.push_back({guarded.interface, std::move(link), true});
	return {};
}

Result<datapath::Answering> CookieLinks::read(const StateMaps& state) const
{
	SLUICE_TRY_ASSIGN(const Shared shared, Shared::over(state));
	datapath::Answering out;
	out.wanted = wanted_;
	out.ready = wanted_ && shared->ready != 0;
	out.why_not = why_not_;
	out.sent_mono_ns = shared->sent_mono_ns;
	out.refused_mono_ns = shared->refused_mono_ns;
	out.taken = shared->taken;
	out.refused = shared->refused;
	return out;
}

}  // namespace sluice::kernel

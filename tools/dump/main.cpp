// `sluice-dump`: what is in the pinned maps, for people, scripts and Prometheus. Needs no daemon.
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <exception>

#include "dump/options.h"
#include "dump/report.h"
#include "text/output.h"
#include "text/table.h"

namespace {

using namespace sluice;

// As the kernel program reads it.
std::uint64_t read_clock(clockid_t clock)
{
	timespec now{};
	clock_gettime(clock, &now);
	return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

int fail(text::Output& err, std::string_view what, const Error& error, int code)
{
	err.write(text::printable("sluice-dump: " + std::string(what) + ": " + error.sentence()) + "\n");
	return code;
}

std::string written(const dump::Report& report, dump::Format format, const text::Style& style)
{
	switch (format) {
	case dump::Format::kJson:
		return to_json(report);
	case dump::Format::kPrometheus:
		return to_prometheus(report);
	case dump::Format::kText:
		break;
	}
	return to_text(report, style);
}

int run(const std::vector<std::string>& arguments, text::Output& out, text::Output& err)
{
	auto parsed = dump::parse_options(arguments);
	if (!parsed)
		return fail(err, "usage", parsed.error(), 2);
	if (const auto* answer = std::get_if<dump::Answer>(&*parsed)) {
		out.write(answer->text);
		return 0;
	}
	const auto& options = std::get<dump::Options>(*parsed);
	const auto view = kernel::PinnedView::open(options.pins);
	if (!view)
		return fail(err, "read " + options.pins, view.error(), 1);
	const auto report = dump::collect(*view, options.wanted, {read_clock(CLOCK_MONOTONIC_COARSE), read_clock(CLOCK_BOOTTIME)});
	if (!report)
		return fail(err, "read " + options.pins, report.error(), 1);
	out.write(written(*report, options.format, out.style()));
	return out.failure() ? fail(err, "output", *out.failure(), 1) : 0;
}

}  // namespace

int main(int argc, char** argv)
{
	// A reader that goes away is an answer of write(), not the end of the process.
	std::signal(SIGPIPE, SIG_IGN);
	text::Output out(STDOUT_FILENO);
	text::Output err(STDERR_FILENO);
	try {
		return run({argv + 1, argv + argc}, out, err);
	} catch (const std::exception& error) {
		return fail(err, "internal", Error(ErrorCode::kFailed, error.what(), "this is a defect; please report it"), 1);
	}
}

// Any text as a policy: it parses, validates and compiles, or says why not; it never crashes, hangs or overruns a table.
// A NUL byte ends the policy; what follows is the content of every list file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/compile.h"
#include "policy/parse.h"
#include "policy/validate.h"

namespace {

using sluice::policy::Image;

void require(bool condition)
{
	if (!condition)
		std::abort();
}

// What the packet path would index by must be there.
void check_bounds(const Image& image)
{
	for (const auto& cells : image.ports) {
		for (const auto group : cells.cell)
			require(group < image.groups.size());
	}
	for (const auto& group : image.groups)
		require(group.row < image.targets.size() * SLUICE_CELLS_PER_BLOCK);
	for (const auto& cells : image.targets) {
		for (const auto slot : cells.cell)
			require(slot < image.services.size());
	}
	for (const auto& each : image.classes)
		require(each.limit < image.limits.size() && each.rule < image.rule_names.size());
	for (const auto& limit : image.limits)
		require(limit.rule < image.rule_names.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
	const std::string_view input(reinterpret_cast<const char*>(data), size);
	const std::size_t end = input.find('\0');
	const std::string_view list = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
	const auto read_file = [list](const std::string& path) -> sluice::Result<std::string> {
		if (path.find("gone") != std::string::npos)
			return sluice::Error(sluice::ErrorCode::kNotFound, path + ": No such file or directory");
		return std::string(list);
	};
	const auto parsed = sluice::policy::parse(input.substr(0, end), "/policy.yaml", read_file);
	require(parsed.policy.has_value() != sluice::policy::has_errors(parsed.diagnostics));
	if (!parsed.policy || sluice::policy::has_errors(sluice::policy::validate(*parsed.policy)))
		return 0;
	const auto image = sluice::policy::compile(*parsed.policy, {}, {1u << 19, 1'000'000'000, 8});
	if (image)
		check_bounds(*image);
	return 0;
}

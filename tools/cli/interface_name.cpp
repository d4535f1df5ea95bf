#include "cli/interface_name.h"

#include <net/if.h>

namespace sluice::cli {

Result<void> require_interface_name(const std::string& name)
{
	const bool dots = name == "." || name == "..";
	if (name.empty() || name.size() >= IFNAMSIZ || dots || name.find_first_of("/ \t\n") != std::string::npos)
		return Error(ErrorCode::kInvalid, "\"" + name + "\" cannot be the name of an interface", "`ip link` lists them");
	return {};
}

}  // namespace sluice::cli

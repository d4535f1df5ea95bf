// A list as feeds have them: prefixes of both families, in lengths as block lists and routing tables have them.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::bench {

// One a line; the same for the same seed. Some may be there twice.
std::string feed(std::size_t prefixes, std::uint64_t seed);

}  // namespace sluice::bench

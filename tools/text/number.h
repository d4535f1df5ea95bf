// Numbers and durations as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::text {

// "1 234 567".
std::string grouped(std::uint64_t value);

// Three significant digits with a power of 1000: "0", "999", "1.23k", "45.6M". For rates.
std::string scaled(double value);
// The same of bits per second: "98.7 Mbit/s", "562 bit/s".
std::string bit_rate(double value);

// Powers of 1024: "512 B", "1.5 KiB", "64.0 MiB".
std::string bytes(std::uint64_t value);

// The two largest units: "1d 3h", "5m 20s", "12s"; below a second "350ms", "12us", "7ns".
std::string duration(std::uint64_t nanoseconds);

// "1 prefix", "2 prefixes": the noun with the right ending and a grouped number.
std::string counted(std::uint64_t value, std::string_view one, std::string_view many);

}  // namespace sluice::text

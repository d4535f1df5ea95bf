#include "feed.h"

#include <algorithm>
#include <array>
#include <random>

#include "net/prefix.h"

namespace sluice::bench {

namespace {

// Seven in ten IPv4, half of them hosts; lengths as block lists and routing tables have them.
net::Prefix any_prefix(std::mt19937_64& random)
{
	std::array<std::uint8_t, 16> bytes{};
	for (std::uint8_t& byte : bytes)
		byte = static_cast<std::uint8_t>(random());
	const std::uint64_t die = random();
	if (die % 10 < 7) {
		std::fill(bytes.begin(), bytes.begin() + 10, std::uint8_t{0});
		bytes[10] = bytes[11] = 0xff;
		bytes[12] = static_cast<std::uint8_t>(1 + bytes[12] % 126);
		constexpr unsigned kLengths[] = {32, 32, 32, 32, 24, 24, 28, 22};
		return net::Prefix::of(net::Address::from_bytes(bytes), kLengths[die / 16 % 8]);
	}
	bytes[0] = 0x20;
	bytes[1] = 0x01;
	constexpr unsigned kLengths[] = {128, 64, 64, 48};
	return net::Prefix::of(net::Address::from_bytes(bytes), kLengths[die / 16 % 4]);
}

}  // namespace

std::string feed(std::size_t prefixes, std::uint64_t seed)
{
	std::mt19937_64 random(seed);
	std::string text;
	for (std::size_t i = 0; i < prefixes; i++)
		text += any_prefix(random).to_string() + "\n";
	return text;
}

}  // namespace sluice::bench

// KeySet: the keys that an issuer signs with (RFC 7517), and the one that a token may be checked by.
//
// Keys come from the configured set only. A key ID is compared with those of the set and is nothing else: no path, no
// address, no query.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/signing_key.h"

namespace sluice::identity {

inline constexpr std::size_t kMaxKeySetBytes = 256u << 10;
inline constexpr std::size_t kMaxKeys = 100;

// Never changed after it was parsed; may be asked by several threads.
class KeySet {
public:
	// {"keys": […]}. Keys of other kinds, uses or operations, and those that are not sound, are passed over as RFC 7517
	// (5) wants; ignored() counts them. kInvalid for anything that is no key set.
	static Result<KeySet> parse(std::string_view json);

	std::size_t size() const { return keys_.size(); }
	std::size_t ignored() const { return ignored_; }

	// The key for a token with this algorithm and key ID: the only one that fits the algorithm, is not reserved for
	// another, and has that ID, where one is given. Null when there is none, or more than one.
	const SigningKey* find(Algorithm algorithm, const std::optional<std::string>& key_id) const;

private:
	struct Entry {
		std::optional<std::string> key_id;
		std::optional<std::string> algorithm;  // the only one that it is for
		SigningKey key;
	};

	std::vector<Entry> keys_;
	std::size_t ignored_ = 0;
};

}  // namespace sluice::identity

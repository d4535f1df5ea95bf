// Copy: a policy with everything that it is made of, so that it can be compiled again when its files have changed or
// are gone: its text and the text of every list that it names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/load.h"

namespace sluice::policy {

struct Copy {
	std::string path;             // of the policy, as it was loaded
	std::string text;
	std::vector<FileText> lists;  // in the order in which the policy names them
};

// One string of bytes, which ends in its own SHA-256.
Result<std::string> encode(const Copy& copy);
// The way back. Error kInvalid for what is damaged, cut short, or of another version.
Result<Copy> decode(std::string_view bytes);

// As load_policy() of the files then: the same paths and places, and the contents as they were kept.
Loaded load_copy(const Copy& copy);
// The failsafe entries alone; none where the text cannot be read. Reads no list.
std::optional<std::vector<Failsafe>> failsafe_in(const Copy& copy);

// SHA-256 in hexadecimal: what names a copy, and tells whether a policy's text is the one that it was.
Result<std::string> fingerprint(std::string_view bytes);

}  // namespace sluice::policy

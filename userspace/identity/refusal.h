// Refusal: why a credential was not accepted; one list, refusals.def.
//
// A refusal is an answer, not an error: the caller audits its name and treats the peer as anonymous. The detail is for
// the operator's log: it holds no text of the peer's, so that no peer can write into a log.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/result.h"

namespace sluice::identity {

enum class Refusal {
#define SLUICE_REFUSAL(identifier, name, sentence) k##identifier,
#include "identity/refusals.def"
#undef SLUICE_REFUSAL
};

struct RefusalEntry {
	Refusal refusal;
	std::string_view name;      // "token-stolen"
	std::string_view sentence;  // what it means
};

// In the order of the list, which is that of the enum.
std::span<const RefusalEntry> refusals();
std::string_view name_of(Refusal refusal);
std::string_view sentence_of(Refusal refusal);

struct Refused {
	Refusal refusal;
	std::string detail = {};  // "certificate 1 of the path: permitted subtree violation"; may be empty
};

// What passed a check, or why it did not: a Result whose error is a refusal. SLUICE_TRY works on it.
template <typename T>
class [[nodiscard]] Checked {
public:
	using value_type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

	Checked() requires std::is_void_v<T> = default;
	Checked(value_type value) : state_(std::in_place_index<0>, std::move(value)) {}
	Checked(Refused refused) : state_(std::in_place_index<1>, std::move(refused)) {}

	explicit operator bool() const { return state_.index() == 0; }

	// Require that it passed.
	value_type& operator*() & { return *std::get_if<0>(&state_); }
	const value_type& operator*() const& { return *std::get_if<0>(&state_); }
	value_type&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
	value_type* operator->() { return std::get_if<0>(&state_); }
	const value_type* operator->() const { return std::get_if<0>(&state_); }

	// Require that it did not.
	const Refused& error() const& { return *std::get_if<1>(&state_); }
	Refused&& error() && { return std::move(*std::get_if<1>(&state_)); }

private:
	std::variant<value_type, Refused> state_;
};

}  // namespace sluice::identity

// Result<T>: a value or an Error. A subset of std::expected (C++23), so that it can become that one day.
//
// Errors carry a code, chosen by what a caller would do differently, and a sentence for people. Context is added
// outermost first: "apply policy.yaml: load the program: the kernel has no BTF (…)".
#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sluice {

enum class ErrorCode {
	kFailed,       // it did not work; trying the same again may
	kInvalid,      // the input is wrong; somebody has to change it
	kNotFound,     // what was named is not there
	kExists,       // what was to be made is there already
	kExhausted,    // no room: a map, a quota, memory
	kUnsupported,  // this kernel or this version cannot do it
	kUnreachable,  // the other side does not answer
	kDenied,       // not permitted
};

class [[nodiscard]] Error {
public:
	Error(ErrorCode code, std::string message, std::string advice = {})
	    : code_(code), message_(std::move(message)), advice_(std::move(advice))
	{
	}

	// "context: message"; the code and the advice stay.
	[[nodiscard]] Error within(std::string_view context) &&
	{
		message_.insert(0, std::string(context) + ": ");
		return std::move(*this);
	}

	ErrorCode code() const { return code_; }
	const std::string& message() const { return message_; }
	// What to do about it; empty where nobody knows.
	const std::string& advice() const { return advice_; }
	// "message (advice)".
	std::string sentence() const { return advice_.empty() ? message_ : message_ + " (" + advice_ + ")"; }

private:
	ErrorCode code_;
	std::string message_;
	std::string advice_;
};

template <typename T>
class [[nodiscard]] Result {
public:
	using value_type = T;

	Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
	Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

	bool has_value() const { return state_.index() == 0; }
	explicit operator bool() const { return has_value(); }

	// Require has_value().
	T& value() & { return *std::get_if<0>(&state_); }
	const T& value() const& { return *std::get_if<0>(&state_); }
	T&& value() && { return std::move(*std::get_if<0>(&state_)); }
	T& operator*() & { return value(); }
	const T& operator*() const& { return value(); }
	T&& operator*() && { return std::move(*this).value(); }
	T* operator->() { return &value(); }
	const T* operator->() const { return &value(); }

	// Requires !has_value().
	Error& error() & { return *std::get_if<1>(&state_); }
	const Error& error() const& { return *std::get_if<1>(&state_); }
	Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

private:
	std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
	using value_type = void;

	Result() = default;
	Result(Error error) : error_(std::in_place_index<1>, std::move(error)) {}

	bool has_value() const { return error_.index() == 0; }
	explicit operator bool() const { return has_value(); }

	Error& error() & { return *std::get_if<1>(&error_); }
	const Error& error() const& { return *std::get_if<1>(&error_); }
	Error&& error() && { return std::move(*std::get_if<1>(&error_)); }

private:
	std::variant<std::monostate, Error> error_;
};

}  // namespace sluice

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)

// The two macros that hide a return. SLUICE_TRY(call): return its error, if it has one.
#define SLUICE_TRY(...)                                                   \
	do {                                                              \
		if (auto sluice_result = (__VA_ARGS__); !sluice_result)   \
			return std::move(sluice_result).error();          \
	} while (false)

// SLUICE_TRY_ASSIGN(auto x, call): declare x with its value, or return its error.
#define SLUICE_TRY_ASSIGN(declaration, ...) \
	SLUICE_TRY_ASSIGN_INNER(SLUICE_CONCAT(sluice_result_, __LINE__), declaration, __VA_ARGS__)
#define SLUICE_TRY_ASSIGN_INNER(result, declaration, ...) \
	auto result = (__VA_ARGS__);                      \
	if (!result)                                      \
		return std::move(result).error();         \
	declaration = std::move(*result)

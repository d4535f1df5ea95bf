// Options of `sluice-dump`.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "dump/collect.h"

namespace sluice::dump {

enum class Format { kText, kJson, kPrometheus };

struct Options {
	std::string pins = "/sys/fs/bpf/sluice";
	Format format = Format::kText;
	Wanted wanted;
};

struct Answer {
	std::string text;  // help or version: to be printed, nothing to be read
};

// Errors are kInvalid, one line.
Result<std::variant<Options, Answer>> parse_options(std::vector<std::string> arguments);

}  // namespace sluice::dump

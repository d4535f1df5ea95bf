#include "kernel/verifier_log.h"

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>

#include <bpf/libbpf.h>

#include "base/file.h"

namespace sluice::kernel {
namespace {

constexpr std::size_t kKept = 256 * 1024;

// libbpf's callback has no argument of ours.
thread_local LogCapture* current = nullptr;

int collect(libbpf_print_level level, const char* format, va_list arguments)
{
	if (!current || level == LIBBPF_DEBUG)
		return 0;
	va_list again;
	va_copy(again, arguments);
	const int length = std::vsnprintf(nullptr, 0, format, again);
	va_end(again);
	if (length <= 0)
		return 0;
	std::string piece(static_cast<std::size_t>(length) + 1, '\0');
	std::vsnprintf(piece.data(), piece.size(), format, arguments);
	piece.pop_back();
	current->append(piece);
	return length;
}

// What follows `before` on the same line, up to one of `ends`.
std::string after(std::string_view log, std::string_view before, std::string_view ends)
{
	const std::size_t at = log.find(before);
	if (at == std::string_view::npos)
		return {};
	const std::string_view rest = log.substr(at + before.size());
	return std::string(rest.substr(0, rest.find_first_of(ends)));
}

bool has(std::string_view log, std::string_view piece)
{
	return log.find(piece) != std::string_view::npos;
}

std::optional<Error> explain_map(std::string_view log)
{
	const std::size_t at = log.find("': failed to create: ");
	if (at == std::string_view::npos)
		return {};
	const std::size_t quote = log.rfind('\'', at - 1);
	const std::string name(log.substr(quote + 1, at - quote - 1));
	const std::string why = after(log, "': failed to create: ", "(\n");
	if (has(log.substr(at), "(-12)"))
		return Error(ErrorCode::kExhausted, "there is no memory for map " + name,
			     "free memory, raise the memory limit of the service, or choose a smaller bucket table");
	if (has(log.substr(at), "(-7)"))
		return Error(ErrorCode::kExhausted, "map " + name + " is larger than this kernel allows",
			     "make the policy smaller");
	if (has(log.substr(at), "(-22)"))
		return Error(ErrorCode::kUnsupported, "this kernel refuses the type, the size or a flag of map " + name, kOldestKernel);
	if (has(log.substr(at), "(-1)"))
		return {};
	return Error(ErrorCode::kFailed, "the kernel refuses map " + name + ": " + why);
}

std::optional<Error> explain_helper(std::string_view log)
{
	for (const std::string_view before : {"unknown func ", "cannot use helper ", "invalid func "}) {
		const std::string name = after(log, before, " \n");
		if (!name.empty())
			return Error(ErrorCode::kUnsupported, "this kernel does not offer the helper " + name + " to XDP programs",
				     kOldestKernel);
	}
	return {};
}

std::optional<Error> explain_complexity(std::string_view log)
{
	if (has(log, "BPF program is too large") || has(log, "too many instructions") || has(log, "jumps is too complex"))
		return Error(ErrorCode::kUnsupported, "the program is too complex for this kernel's verifier",
			     "use a newer kernel; if this one is recent, report it with the output of uname -r");
	if (has(log, "back-edge from insn"))
		return Error(ErrorCode::kUnsupported, "this kernel's verifier takes a loop of the program for an endless one",
			     std::string(kOldestKernel) + "; on such a one it is a defect of this build: report it");
	if (has(log, "combined stack size of") || has(log, "stack size exceeds"))
		return Error(ErrorCode::kUnsupported, "the program needs more stack than this kernel allows",
			     "report it with the output of uname -r");
	return {};
}

std::optional<Error> explain_btf(std::string_view log)
{
	if (has(log, "kernel BTF is missing") || has(log, "failed to find valid kernel BTF") ||
	    has(log, "Error loading vmlinux BTF"))
		return Error(ErrorCode::kUnsupported, "this kernel carries no BTF",
			     "use a kernel that was built with CONFIG_DEBUG_INFO_BTF=y, as those of the distributions are");
	if (has(log, "BTF loading error") || has(log, "Error loading .BTF into kernel"))
		return Error(ErrorCode::kUnsupported, "this kernel does not understand the program's type information", kOldestKernel);
	return {};
}

std::optional<Error> explain_permission(int error, std::string_view log)
{
	if (has(log, "try raising 'ulimit -l'"))
		return Error(ErrorCode::kExhausted, "the limit on locked memory is too low for the maps",
			     "raise it: LimitMEMLOCK=infinity in the unit, or ulimit -l unlimited");
	if (has(log, "prohibited for !root") || has(log, "for !root"))
		return Error(ErrorCode::kDenied, "the verifier does not trust this process with pointers",
			     "it lacks CAP_PERFMON: run as root, or grant CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	if (error == EPERM)
		return Error(ErrorCode::kDenied, "the kernel does not let this process load BPF programs",
			     "run as root, or grant CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; a container, seccomp or lockdown can "
			     "forbid it too");
	return {};
}

bool is_noise(std::string_view line)
{
	for (const std::string_view start : {"libbpf: ", "processed ", "verification time", "stack depth", "-- ", "arg#", "func#",
					     "from ", "; ", "R0", "last_idx", "regs=", "mark_precise", "The error above"}) {
		if (line.starts_with(start) && !has(line, "invalid") && !has(line, "!read_ok"))
			return true;
	}
	const std::size_t digits = line.find_first_not_of("0123456789");
	return line.empty() || (digits > 0 && digits != std::string_view::npos && line[digits] == ':');
}

// The last line of the verifier's log that says why.
std::string last_word(std::string_view log)
{
	const std::size_t end = log.find("-- END PROG LOAD LOG --");
	std::string_view rest = log.substr(0, end);
	while (!rest.empty()) {
		const std::size_t start = rest.find_last_of('\n');
		const std::string_view line = start == std::string_view::npos ? rest : rest.substr(start + 1);
		if (!is_noise(line))
			return std::string(line);
		if (start == std::string_view::npos)
			break;
		rest = rest.substr(0, start);
	}
	return {};
}

}  // namespace

LogCapture::LogCapture() : outer_(current)
{
	static std::once_flag once;
	std::call_once(once, [] { ::libbpf_set_print(collect); });
	current = this;
}

LogCapture::~LogCapture()
{
	current = outer_;
}

void LogCapture::append(std::string_view piece)
{
	text_ += piece;
	if (text_.size() > kKept)
		text_.erase(0, text_.size() - kKept);
}

Error explain_load_failure(int error, std::string_view log, std::string_view release)
{
	const std::string where = "on Linux " + std::string(release);
	std::optional<Error> known = explain_map(log);
	for (const auto& explain : {explain_helper, explain_complexity, explain_btf}) {
		if (!known)
			known = explain(log);
	}
	if (!known)
		known = explain_permission(error, log);
	if (known)
		return std::move(*known).within(where);
	if (error == ENOSYS)
		return Error(ErrorCode::kUnsupported, where + ": the kernel was built without BPF", kOldestKernel);
	if (error == ENOMEM)
		return Error(ErrorCode::kExhausted, where + ": the kernel has no memory for the program", "free memory");
	const std::string word = last_word(log);
	if (!word.empty())
		return Error(ErrorCode::kFailed, where + ": the verifier refuses the program: " + word,
			     "a defect of Sluice or of this kernel: report this line");
	return error_of_errno(error, where);
}

}  // namespace sluice::kernel

// The stage budget: how many instructions each stage of the packet's way has, as the kernel runs them: specialised by the
// policy, dead code taken out. A count, so that noise cannot hide a rise, nor make one.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "budget.h"
#include "support/gate.h"

namespace sluice::test {

namespace {

struct Stage {
	const char* name;
	std::set<std::string> files;
};

const Stage kStages[] = {
    {"parse", {"parse.h", "parse_ip.h", "parse_transport.h", "cursor.h", "wire.h", "packet.h"}},
    {"classify", {"classify.h", "ranges.h", "target.h", "overlay.h", "sieve.h", "addr.h", "hash.h"}},
    {"identify", {"identify.h", "lease.h"}},
    {"decide", {"decide.h"}},
    {"prove", {"prove.h", "answered.h", "proof.h", "socket.h"}},
    {"limit", {"limit.h", "limiter.h", "bucket.h", "sliding_log.h"}},
    {"answer", {"answer.h", "cookie.h", "terms.h", "reply.h", "siphash.h"}},
    {"conclude", {"conclude.h", "report.h"}},
    {"way", {"sluice.bpf.c", "walk.h", "clock.h", "shadow.h"}},
};

std::string stage_of(const std::string& path)
{
	const std::string file = path.substr(path.rfind('/') + 1);
	for (const Stage& stage : kStages) {
		if (stage.files.contains(file))
			return stage.name;
	}
	return "elsewhere, in " + file;
}

// By stage.
using Counts = std::map<std::string, std::uint64_t>;

bpf_prog_info info_of(int program, std::vector<bpf_line_info>& lines)
{
	bpf_prog_info info{};
	__u32 size = sizeof(info);
	EXPECT_EQ(::bpf_obj_get_info_by_fd(program, &info, &size), 0);
	lines.resize(info.nr_line_info);
	const __u32 count = info.nr_line_info;
	info = {};
	info.nr_line_info = count;
	info.line_info_rec_size = sizeof(bpf_line_info);
	info.line_info = reinterpret_cast<__u64>(lines.data());
	EXPECT_EQ(::bpf_obj_get_info_by_fd(program, &info, &size), 0);
	return info;
}

// An instruction belongs to the last line that begins at it or before it.
Counts count_stages(int program)
{
	std::vector<bpf_line_info> lines;
	const bpf_prog_info info = info_of(program, lines);
	const std::unique_ptr<btf, decltype(&::btf__free)> types(::btf__load_from_kernel_by_id(info.btf_id), &::btf__free);
	Counts counts;
	EXPECT_TRUE(types && !lines.empty());
	if (!types)
		return counts;
	const std::uint64_t whole = info.xlated_prog_len / sizeof(bpf_insn);
	for (std::size_t i = 0; i < lines.size(); i++) {
		const std::uint64_t next = i + 1 < lines.size() ? lines[i + 1].insn_off : whole;
		counts[stage_of(::btf__name_by_offset(types.get(), lines[i].file_name_off))] += next - lines[i].insn_off;
	}
	return counts;
}

// What a kernel without lines of its own may need of one stage.
constexpr std::uint64_t kElsewhere = 4000;

class StageBudget : public GateTest {
protected:
	void expect_within(const std::string& name, const std::string& policy)
	{
		ASSERT_NO_FATAL_FAILURE(install(policy));
		const Counts counts = count_stages(gate_->program());
		EXPECT_TRUE(counts.contains("parse") && counts.contains("classify") && counts.contains("conclude"));
		for (const auto& [stage, count] : counts) {
			EXPECT_FALSE(stage.starts_with("elsewhere")) << stage << ": it belongs to no stage, see kStages";
			expect_within_budget("tests/datapath/stage_budget.txt", kernel_series() + " " + name + " " + stage, count, kElsewhere);
		}
	}
};

}  // namespace

TEST_F(StageBudget, PlainPolicy)
{
	expect_within("plain", kPlainPolicy);
}

TEST_F(StageBudget, PolicyThatUsesEverything)
{
	expect_within("full", full_policy());
}

}  // namespace sluice::test

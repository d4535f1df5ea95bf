#include "daemon/comparison.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "policy/diff.h"
#include "policy/digest.h"
#include "policy/load_meaning.h"

namespace sluice::daemon {
namespace {

namespace asio = boost::asio;

struct Running {
	std::shared_ptr<const policy::Meaning> meaning;
	control::DiffSide side;
};

// On the worker's thread.
Result<control::DiffReply> compared(const Running& running, const std::string& path)
{
	auto loaded = policy::load_meaning(path);
	if (!loaded.meaning)
		return control::DiffReply(std::move(loaded.diagnostics));
	control::Difference difference;
	SLUICE_TRY_ASSIGN(difference.changes, policy::diff(*running.meaning, *loaded.meaning));
	difference.before = running.side;
	difference.after = {path, 0, policy::digest_text(loaded.meaning->image.meta)};
	for (const auto& diagnostic : loaded.diagnostics)
		difference.warnings.push_back(diagnostic.to_string());
	return control::DiffReply(std::move(difference));
}

}  // namespace

Comparison::~Comparison()
{
	*alive_ = false;
	if (worker_)
		worker_->join();
}

void Comparison::compare(const control::DiffRequest& request, Reply reply)
{
	if (busy_) {
		reply(Error(ErrorCode::kExists, "busy: another comparison is being made", "try again when it is done"));
		return;
	}
	const datapath::Running* running = policies_.running();
	auto meaning = policies_.meaning();
	if (running == nullptr || !meaning) {
		reply(Error(ErrorCode::kNotFound,
			    "what the running policy says is not known: an earlier daemon installed it, and its files say something else now",
			    "compare files: sluice diff FILE --against FILE; or let the files be applied"));
		return;
	}
	busy_ = true;
	if (!worker_)
		worker_ = std::make_unique<asio::thread_pool>(1);
	Running before{std::move(meaning), {policies_.installed_path(), running->meta.generation, policy::digest_text(running->meta)}};
	asio::post(*worker_, [this, alive = alive_, &loop = loop_, before = std::move(before), path = request.path, reply = std::move(reply),
			      work = asio::make_work_guard(loop_)] {
		auto answer = std::make_shared<Result<control::DiffReply>>(compared(before, path));
		asio::post(loop, [this, alive, answer, reply] {
			if (!*alive)
				return;
			busy_ = false;
			reply(*answer);
		});
	});
}

}  // namespace sluice::daemon

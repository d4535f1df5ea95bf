#include "daemon/ledger_json.h"

#include "control/messages.h"
#include "control/reader.h"

namespace sluice::daemon {
namespace {

using control::Json;
using control::Reader;

constexpr std::uint64_t kVersion = 1;

Json json_of(const std::vector<ListCount>& lists)
{
	Json rows = Json::array();
	for (const ListCount& list : lists)
		rows.push_back({{"path", list.path}, {"entries", list.entries}});
	return rows;
}

Json json_of(const Entry& entry)
{
	return {{"number", entry.number},
	        {"generation", entry.generation},
	        {"digest", entry.digest},
	        {"path", entry.path},
	        {"copy", entry.copy},
	        {"copy_bytes", entry.copy_bytes},
	        {"text", entry.text},
	        {"cause", cause_name(entry.cause)},
	        {"caller", control::to_json(entry.caller)},
	        {"unix_ns", entry.unix_ns},
	        {"inventory", control::to_json(entry.inventory)},
	        {"lists", json_of(entry.lists)},
	        {"fate", fate_name(entry.fate)},
	        {"before", entry.before},
	        {"restores", entry.restores}};
}

Json json_of(const std::optional<Wait>& wait)
{
	if (!wait)
		return nullptr;
	return {{"boot", wait->boot}, {"deadline_boot_ns", wait->deadline_boot_ns}};
}

// Earlier versions wrote none.
Result<std::vector<ListCount>> read_lists(const Json& entry)
{
	std::vector<ListCount> out;
	if (!entry.is_object() || !entry.contains("lists"))
		return out;
	for (const Json& item : entry.at("lists")) {
		Reader row(item, "ledger: list");
		out.push_back({row.text("path"), row.count("entries")});
		if (const auto error = row.error())
			return *error;
	}
	return out;
}

Result<Entry> read_entry(const Json& json)
{
	Reader reader(json, "ledger: entry");
	Entry entry;
	entry.number = reader.count("number");
	entry.generation = static_cast<std::uint32_t>(reader.count("generation"));
	entry.digest = reader.text("digest");
	entry.path = reader.text("path");
	entry.copy = reader.text("copy");
	entry.copy_bytes = reader.count("copy_bytes");
	entry.text = reader.text("text");
	const auto cause = find_cause(reader.text("cause"));
	if (!cause)
		reader.refuse("cause", "a known one");
	entry.cause = cause.value_or(Cause::kStart);
	entry.unix_ns = reader.count("unix_ns");
	const auto fate = find_fate(reader.text("fate"));
	if (!fate)
		reader.refuse("fate", "a known one");
	entry.fate = fate.value_or(Fate::kInstalled);
	entry.before = reader.count("before");
	entry.restores = reader.count("restores");
	SLUICE_TRY_ASSIGN(entry.lists, read_lists(json));
	SLUICE_TRY_ASSIGN(entry.inventory, control::parse_inventory(reader.object("inventory")));
	if (const Json* caller = reader.optional_object("caller")) {
		SLUICE_TRY_ASSIGN(entry.caller, control::parse_caller(*caller));
	}
	if (const auto error = reader.error())
		return *error;
	// A name of a file, and never a way out of the directory.
	if (entry.copy.find('/') != std::string::npos)
		return Error(ErrorCode::kInvalid, "ledger: entry: 'copy' is no name");
	return entry;
}

Result<Wait> read_wait(const Json& json)
{
	Reader reader(json, "ledger: wait");
	Wait wait{reader.text("boot"), reader.count("deadline_boot_ns")};
	if (const auto error = reader.error())
		return *error;
	return wait;
}

Result<std::vector<Undone>> read_undone(const Json& list)
{
	std::vector<Undone> out;
	for (const Json& item : list) {
		Reader row(item, "ledger: undone");
		out.push_back({row.text("path"), row.text("text")});
		if (const auto error = row.error())
			return *error;
	}
	return out;
}

}  // namespace

std::string to_text(const Ledger& ledger)
{
	Json entries = Json::array();
	for (const Entry& entry : ledger.entries)
		entries.push_back(json_of(entry));
	Json undone = Json::array();
	for (const Undone& each : ledger.undone)
		undone.push_back({{"path", each.path}, {"text", each.text}});
	const Json json = {{"version", kVersion},
	                   {"next", ledger.next},
	                   {"entries", std::move(entries)},
	                   {"begun", ledger.begun ? json_of(*ledger.begun) : Json()},
	                   {"begun_wait", json_of(ledger.begun_wait)},
	                   {"wait", json_of(ledger.wait)},
	                   {"undone", std::move(undone)},
	                   {"shadow", ledger.shadow ? json_of(*ledger.shadow) : Json()}};
	return json.dump(1, '\t', false, Json::error_handler_t::replace) + "\n";
}

Result<Ledger> parse_ledger(const std::string& text)
{
	SLUICE_TRY_ASSIGN(const Json json, control::parse_json(text));
	Reader reader(json, "ledger");
	if (reader.count("version") != kVersion)
		reader.refuse("version", "1");
	Ledger ledger;
	ledger.next = reader.count("next");
	for (const Json& item : reader.array("entries")) {
		SLUICE_TRY_ASSIGN(Entry entry, read_entry(item));
		ledger.entries.push_back(std::move(entry));
	}
	SLUICE_TRY_ASSIGN(ledger.undone, read_undone(reader.array("undone")));
	if (const Json* shadow = reader.optional_object("shadow")) {
		SLUICE_TRY_ASSIGN(ledger.shadow, read_entry(*shadow));
	}
	if (const Json* begun = reader.optional_object("begun")) {
		SLUICE_TRY_ASSIGN(ledger.begun, read_entry(*begun));
	}
	if (const Json* wait = reader.optional_object("begun_wait")) {
		SLUICE_TRY_ASSIGN(ledger.begun_wait, read_wait(*wait));
	}
	if (const Json* wait = reader.optional_object("wait")) {
		SLUICE_TRY_ASSIGN(ledger.wait, read_wait(*wait));
	}
	if (const auto error = reader.error())
		return *error;
	if (ledger.wait && ledger.entries.empty())
		return Error(ErrorCode::kInvalid, "ledger: what waits is not there");
	return ledger;
}

}  // namespace sluice::daemon

#include "daemon/leasing.h"

#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "identity/subject.h"
#include "telemetry/names.h"

namespace sluice::daemon {
namespace {

using identity::Checked;
using identity::Refused;
using Fields = nlohmann::ordered_json;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kRememberedNs = (identity::kOldestEvent + 2 * identity::Skew::kMost).count() * kSecond;

Fields or_null(const std::string& text)
{
	return text.empty() ? Fields(nullptr) : Fields(text);
}

Fields thumbprint_of(const std::optional<identity::Thumbprint>& thumbprint)
{
	return thumbprint ? Fields(identity::fingerprint_of(*thumbprint)) : Fields(nullptr);
}

// Who it is, and what for.
Fields subject(const char* event, const identity::Identity& identity, const datapath::Binding& binding)
{
	return {{"event", event},
	        {"identity", identity.name},
	        {"authority", identity.authority},
	        {"thumbprint", thumbprint_of(identity.thumbprint)},
	        {"issuer", or_null(identity.issuer)},
	        {"jti", or_null(identity.token_id)},
	        {"binding", datapath::to_string(binding)}};
}

// A person's word first.
control::Revoked revoked_by(const Revocations::Words& words)
{
	const Revocation& first = words.begin()->second;
	control::Revoked revoked{first.unix_ns, first.by, first.why, {}};
	for (auto other = std::next(words.begin()); other != words.end(); ++other)
		revoked.also.push_back(other->second.by);
	return revoked;
}

}  // namespace

Leasing::Leasing(Setting setting)
    : setting_(std::move(setting)),
      book_(setting_.datapath, setting_.clock),
      revocations_(setting_.directory, setting_.disk),
      audit_(setting_.directory + "/audit.jsonl", setting_.clock),
      seen_(kRememberedNs)
{
}

Result<void> Leasing::start()
{
	SLUICE_TRY(book_.reconcile());
	const auto note = [this](const Result<void>& done, const char* what) {
		if (done)
			return;
		warnings_.push_back(std::string(what) + ": " + done.error().sentence());
		spdlog::error("{}", warnings_.back());
	};
	note(setting_.disk.make_directory(setting_.directory), "state");
	note(revocations_.open(), "revoked identities");
	note(audit_.open(), "audit");
	return {};
}

void Leasing::follow(const policy::Identities& policy)
{
	book_.set_terms({policy.lease.longest_seconds * kSecond, policy.lease.each_identity, policy.lease.each_authority, policy.unshared});
}

void Leasing::write_down(AuditLog::Kind kind, Fields fields)
{
	fields["policy"] = or_null(setting_.policy_digest());
	audit_.record(kind, std::move(fields));
}

// ---- leases ----

Checked<Grant> Leasing::grant(const identity::Identity& identity, const datapath::Binding& binding)
{
	const auto checked = check_revoked(identity);
	auto granted = checked ? book_.grant(identity, binding) : Checked<Grant>(checked.error());
	if (!granted) {
		refuse(identity, binding, granted.error());
		return granted;
	}
	Fields fields = subject(granted->renewed ? "renewed" : "granted", identity, binding);
	fields["lease_seconds"] = granted->length_ns / kSecond;
	write_down(AuditLog::Kind::kChange, std::move(fields));
	if (!granted->renewed)
		setting_.journal.record(telemetry::LeaseEvent{"granted", identity.name, datapath::to_string(binding), ""});
	return granted;
}

Checked<void> Leasing::check_revoked(const identity::Identity& identity) const
{
	if (revocations_.contains(identity.name))
		return Refused{identity::Refusal::kIdentityRevoked};
	if (identity.thumbprint && revocations_.contains(identity::subject_of(*identity.thumbprint)))
		return Refused{identity::Refusal::kRevoked, "by its fingerprint"};
	if (!identity.issuer.empty() && revocations_.contains(identity::subject_of(identity.issuer, identity.token_subject)))
		return Refused{identity::Refusal::kIdentityRevoked, "the holder of its token"};
	return {};
}

void Leasing::refuse(const identity::Identity& identity, const datapath::Binding& binding, const Refused& refused)
{
	Fields fields = subject("refused", identity, binding);
	fields["reason"] = name_of(refused.refusal);
	fields["detail"] = or_null(refused.detail);
	write_down(AuditLog::Kind::kRefusal, std::move(fields));
	setting_.journal.record(telemetry::LeaseEvent{"refused", identity.name, datapath::to_string(binding), std::string(name_of(refused.refusal))});
}

void Leasing::turned_away(const Stranger& stranger)
{
	const std::string peer = stranger.peer ? stranger.peer->to_string() : "";
	Fields fields = {{"event", "refused"},
	                 {"identity", nullptr},
	                 {"thumbprint", thumbprint_of(stranger.thumbprint)},
	                 {"peer", or_null(peer)},
	                 {"reason", stranger.reason},
	                 {"detail", or_null(stranger.detail)}};
	if (stranger.unreported > 0)
		fields["unreported"] = stranger.unreported;
	write_down(AuditLog::Kind::kRefusal, std::move(fields));
	setting_.journal.record(telemetry::LeaseEvent{"refused", "", peer, stranger.reason});
}

// ---- revocation ----

// The kernel first: what is written down does not keep a packet waiting.
Result<std::size_t> Leasing::revoke(const control::RevokeRequest& request, const std::string& by)
{
	SLUICE_TRY_ASSIGN(const std::string subject, identity::parse_subject(request.identity));
	if (book_.is_cut_off(subject))
		return Error(ErrorCode::kInvalid, "'" + subject + "' is only the beginning of a name that was too long for the kernel to keep",
			     "give the whole of it: it stands in the certificate, and in " + setting_.directory + "/audit.jsonl");
	const auto ended = end(subject);
	const Revocation said{setting_.clock.unix_ns(), by, request.why};
	const auto kept = revocations_.add(subject, said);
	tell_revoked(subject, said, ended);
	if (!ended)
		return Error(ended.error().code(), ended.error().message(), "it gets no new lease, but some of those it has may go on until they are over: try again");
	if (!kept)
		return Error(kept.error().code(), "revoked, but that could not be written down: " + kept.error().message(),
			     "it holds until the daemon ends, which tries again every second: make room in the state directory, and see `sluice status`");
	return *ended;
}

Result<void> Leasing::restore(const std::string& name, const std::string& by)
{
	SLUICE_TRY_ASSIGN(const std::string subject, identity::parse_subject(name));
	const auto removed = revocations_.remove(subject);
	if (!removed && removed.error().code() != ErrorCode::kNotFound)
		return removed.error();
	SLUICE_TRY_ASSIGN(const std::size_t allowed, allow(subject));
	if (!removed && allowed == 0)
		return removed.error();
	tell_restored(subject, by);
	return {};
}

void Leasing::follow_file(const std::string& file, const std::vector<policy::RevokedLine>& lines)
{
	std::map<std::string, Revocation> said;
	for (const policy::RevokedLine& line : lines)
		said[line.subject] = {setting_.clock.unix_ns(), file + ":" + std::to_string(line.line), line.why};
	const Revocations::Change change = revocations_.replace(file, said);
	for (const auto& [subject, ended] : end_all(change.revoked))
		tell_revoked(subject, said.at(subject), ended);
	for (const std::string& subject : change.restored) {
		if (const auto allowed = allow(subject); !allowed)
			spdlog::error("{} is no longer in {}: {}", subject, file, allowed.error().sentence());
		tell_restored(subject, file);
	}
}

Result<void> Leasing::take_event(const identity::SecurityEvent& event)
{
	if (seen_.contains(event.issuer, event.token_id, setting_.clock.boot_ns()))
		return {};
	const auto ended = end(event.subject);
	const Revocation said{setting_.clock.unix_ns(), event.issuer, event.event + ", event " + event.token_id};
	const auto kept = revocations_.add(event.subject, said, Origin{{}, event.issuer});
	tell_revoked(event.subject, said, ended);
	if (!ended)
		return ended.error();
	SLUICE_TRY(kept);
	seen_.add(event.issuer, event.token_id, setting_.clock.boot_ns());
	return {};
}

// Certificates and tokens all at once: each looks through every lease.
std::map<std::string, Result<std::size_t>> Leasing::end_all(const std::vector<std::string>& subjects)
{
	std::map<std::string, Result<std::size_t>> ended;
	std::vector<std::string> proofs;
	for (const std::string& subject : subjects) {
		const bool is_certificate = identity::certificate_of(subject).has_value();
		ended.emplace(subject, is_certificate ? Result<std::size_t>(std::size_t{0}) : book_.revoke(subject));
		if (is_certificate || subject.find('#') != std::string::npos)
			proofs.push_back(subject);
	}
	const auto by_proof = proofs.empty() ? Result<std::vector<std::size_t>>(std::vector<std::size_t>()) : book_.end_proved_by(proofs);
	for (std::size_t i = 0; i < proofs.size(); i++) {
		Result<std::size_t>& of = ended.at(proofs[i]);
		if (!by_proof)
			of = by_proof.error();
		else if (of)
			*of += (*by_proof)[i];
	}
	if (listener_ && !subjects.empty())
		listener_();
	return ended;
}

Result<std::size_t> Leasing::end(const std::string& subject)
{
	return end_all({subject}).at(subject);
}

Result<std::size_t> Leasing::allow(const std::string& subject)
{
	return identity::certificate_of(subject) ? Result<std::size_t>(std::size_t{0}) : book_.allow(subject);
}

void Leasing::tell_revoked(const std::string& subject, const Revocation& said, const Result<std::size_t>& ended)
{
	write_down(AuditLog::Kind::kChange, {{"event", "revoked"},
	                                     {"identity", subject},
	                                     {"by", said.by},
	                                     {"reason", or_null(said.why)},
	                                     {"ended_leases", ended ? Fields(*ended) : Fields(nullptr)},
	                                     {"failure", ended ? Fields(nullptr) : Fields(ended.error().sentence())}});
	setting_.journal.record(telemetry::LeaseEvent{"revoked", subject, "", said.why});
}

void Leasing::tell_restored(const std::string& subject, const std::string& by)
{
	write_down(AuditLog::Kind::kChange, {{"event", "restored"}, {"identity", subject}, {"by", by}});
	setting_.journal.record(telemetry::LeaseEvent{"restored", subject, "", ""});
}

// ---- looking ----

control::LeaseUse Leasing::use() const
{
	const LeaseBook::Use use = book_.use();
	return {use.leases, use.lease_room, use.identities, use.identity_room, revocations_.all().size()};
}

control::IdentityList Leasing::list(std::span<const sluice_name> roles) const
{
	control::IdentityList list{{}, use()};
	const std::uint64_t now = setting_.clock.boot_ns();
	Revocations::Names absent = revocations_.all();
	for (const LeaseBook::Row& row : book_.identities()) {
		const datapath::Identity& identity = row.identity;
		control::IdentityRow out{identity.name, identity.authority, telemetry::role_names(roles, identity.roles), row.leases, 0, {}};
		if (row.leases > 0)
			out.remaining_ns = identity.expires_boot_ns - std::min(identity.expires_boot_ns, now);
		const auto revocation = revocations_.all().find(identity.name);
		if (revocation != revocations_.all().end())
			out.revoked = revoked_by(revocation->second);
		else if (identity.blocked)
			out.revoked.emplace();
		absent.erase(identity.name);
		list.rows.push_back(std::move(out));
	}
	for (const auto& [name, words] : absent)
		list.rows.push_back({name, "", {}, 0, 0, revoked_by(words)});
	return list;
}

std::vector<std::string> Leasing::warnings() const
{
	std::vector<std::string> warnings = warnings_;
	if (revocations_.trouble())
		warnings.push_back("revocations are not written down, and would be lost with the daemon: " + revocations_.trouble()->sentence());
	if (audit_.trouble())
		warnings.push_back("audit lines are being lost: " + audit_.trouble()->sentence());
	return warnings;
}

void Leasing::tick()
{
	book_.forget_expired();
	revocations_.flush();
	audit_.flush();
}

}  // namespace sluice::daemon

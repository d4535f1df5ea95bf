// Attachments: the interfaces that are to be judged, and keeping them so: one that goes away and comes back is attached
// again. One that somebody else detached (`sluice panic`) stays detached. The event loop's thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/journal.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

class Attachments {
public:
	// The index that the host gives a name now; 0: it has no such interface.
	using IndexOf = std::function<std::uint32_t(const std::string&)>;

	// Both outlive the object.
	Attachments(datapath::Datapath& datapath, Journal& journal, IndexOf index_of)
	    : datapath_(datapath), journal_(journal), index_of_(std::move(index_of))
	{
	}

	// Takes over what is attached already.
	Result<void> adopt();
	// Attaches; an interface that is attached already stays as it is, kExists when it runs in another mode than `only`.
	Result<datapath::Interface> attach(const std::string& name, std::optional<datapath::AttachMode> only);
	Result<void> detach(const std::string& name);
	Result<void> detach_all();

	// Attaches again what went away and is back. To be called now and then.
	void mend();
	// Those attached, as the kernel last said.
	const std::vector<datapath::Interface>& interfaces() const { return interfaces_; }
	// By its index; "#7" when it is none of ours and has no name.
	std::string name_of(std::uint32_t index) const;
	// What is missing or runs in generic mode, one sentence each.
	std::vector<std::string> warnings() const;
	bool degraded() const { return !missing_.empty(); }

private:
	struct Wanted {
		std::optional<datapath::AttachMode> only;
		std::uint32_t index = 0;  // when it was last seen attached
	};

	Result<void> refresh();
	const datapath::Interface* find(const std::string& name) const;
	void mend(const std::string& name, const Wanted& wanted);
	void note_missing(const std::string& name, const std::string& why);

	datapath::Datapath& datapath_;
	Journal& journal_;
	IndexOf index_of_;
	std::map<std::string, Wanted> wanted_;
	std::map<std::string, std::string> missing_;  // name to why
	std::vector<datapath::Interface> interfaces_;
};

}  // namespace sluice::daemon

// Certified: a story whose people have certificates, of an authority that it makes beside the policy: ca.pem, NAME.pem, NAME.key.
#pragma once

#include <string>

#include "base/file.h"
#include "story.h"

namespace sluice::e2e {

class Certified : public Story {
protected:
	// A shell's words, in the daemon's directory; requires start().
	void run(const std::string& words)
	{
		const auto done = must(lab::run({{"sh", "-c", "cd " + daemon().directory() + " && " + words}, {}, {}}));
		ASSERT_EQ(done.code, 0) << words << "\n" << done.errors;
	}
	void make_authority()
	{
		run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 9 -subj /CN=ca -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem");
	}
	void issue(const std::string& name, const std::string& subject_name, const std::string& usage)
	{
		run("openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 9 -subj /CN=" + name +
		    " -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=" + usage +
		    " -addext subjectAltName=" + subject_name + " -keyout " + name + ".key -out " + name + ".pem");
	}

	// What is said of spiffe://prod.example/NAME; null: nothing.
	nlohmann::json identity(const std::string& name)
	{
		const auto list = must(daemon().ask({"identity", "list"}));
		for (const auto& row : list.at("identities")) {
			if (row.at("identity") == "spiffe://prod.example/" + name)
				return row;
		}
		return {};
	}
	std::string audit() { return must(read_file(daemon().directory() + "/state/audit.jsonl")); }
};

}  // namespace sluice::e2e

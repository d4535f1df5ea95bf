#include "support/identity_policy.h"

#include "support/tree.h"

namespace sluice::test {

std::string identity_section()
{
	return "identity:\n  trust-domains: [{name: prod.example, authorities: [\"" + in_tree("tests/data/pki/prod.pem") +
	       "\"]}]\n"
	       "  roles:\n    - {name: reader, scopes: [read]}\n    - {name: writer, scopes: [write]}\n";
}

}  // namespace sluice::test

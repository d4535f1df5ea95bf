#include "support/tree.h"

namespace sluice::test {

std::string in_tree(const std::string& path)
{
	return std::string(SLUICE_SOURCE_DIR) + "/" + path;
}

}  // namespace sluice::test

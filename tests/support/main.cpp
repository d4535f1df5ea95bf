// The main of every tier: a run in which tests were skipped and none failed exits with 77, and says which.
#include <gtest/gtest.h>

#include <cstdio>

int main(int argc, char** argv)
{
	testing::InitGoogleTest(&argc, argv);
	const int failed = RUN_ALL_TESTS();
	if (failed != 0)
		return failed;
	const auto& unit = *testing::UnitTest::GetInstance();
	if (unit.skipped_test_count() > 0) {
		std::fprintf(stderr, "%d tests were skipped\n", unit.skipped_test_count());
		return 77;
	}
	return 0;
}

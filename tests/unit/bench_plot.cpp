// Plots of the benchmark: every point is there, where its numbers say, and no text can break the file.
#include <gtest/gtest.h>

#include "plot.h"

namespace sluice::bench {
namespace {

std::size_t count(const std::string& text, const std::string& what)
{
	std::size_t found = 0;
	for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
		found++;
	return found;
}

// The height of the n-th mark.
double height_of(const std::string& svg, std::size_t n)
{
	std::size_t at = 0;
	for (std::size_t i = 0; i <= n; i++)
		at = svg.find("cy=\"", at + 1);
	return std::stod(svg.substr(at + 4));
}

TEST(BenchPlot, EveryPointHasItsMarkAndMoreIsHigher)
{
	const std::string svg = to_svg({"x.svg", "title", "sources", "Mpps", {{"a", {{1, 10}, {1000, 5}, {4294967296.0, 0}}}, {"b", {{1, 7}}}}});
	EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
	EXPECT_EQ(count(svg, "<circle"), 4u);
	EXPECT_LT(height_of(svg, 0), height_of(svg, 1));
	EXPECT_LT(height_of(svg, 1), height_of(svg, 2));
	EXPECT_LT(height_of(svg, 0), height_of(svg, 3));
	EXPECT_EQ(count(svg, ">10^9<"), 1u);
	EXPECT_EQ(count(svg, ">a<") + count(svg, ">b<"), 2u);
}

TEST(BenchPlot, OneFlatPointIsNoDivisionByZero)
{
	const std::string svg = to_svg({"x.svg", "t", "x", "y", {{"only", {{10, 0}}}}});
	EXPECT_EQ(count(svg, "<circle"), 1u);
	EXPECT_EQ(count(svg, "nan") + count(svg, "inf"), 0u) << svg;
}

TEST(BenchPlot, TextIsEscaped)
{
	const std::string svg = to_svg({"x.svg", "a <b> & c", "x", "y", {{"<script>", {{1, 1}}}}});
	EXPECT_EQ(count(svg, "<script>"), 0u);
	EXPECT_EQ(count(svg, "a &lt;b&gt; &amp; c"), 2u);
}

}  // namespace
}  // namespace sluice::bench

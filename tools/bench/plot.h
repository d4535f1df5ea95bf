// Plot: lines over a logarithmic axis, as an SVG that a README can show. Pure.
#pragma once

#include <string>
#include <vector>

namespace sluice::bench {

struct Point {
	double x = 0;  // above 0
	double y = 0;
};

struct Line {
	std::string name;
	std::vector<Point> points;  // by x
};

struct Plot {
	std::string file;     // "sources.svg"
	std::string title;
	std::string x_title;
	std::string y_title;
	std::vector<Line> lines;  // at most eight
};

// Readable on light and on dark ground; without scripts, fonts or anything that is fetched. Requires a point.
std::string to_svg(const Plot& plot);

}  // namespace sluice::bench

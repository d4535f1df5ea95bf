#include "plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace sluice::bench {

namespace {

constexpr double kWidth = 720, kHeight = 360;
constexpr double kLeft = 60, kRight = 190, kTop = 40, kBottom = 50;
constexpr std::array<const char*, 8> kColours = {"#8a8a8a", "#1f77b4", "#d9822b", "#2ca02c", "#b0413e", "#8860c0", "#17a2b8", "#a0522d"};

struct Frame {
	double from = 0;  // exponents of ten
	double to = 1;
	double top = 1;   // of y; from 0

	double x(double value) const { return kLeft + (std::log10(value) - from) / (to - from) * (kWidth - kLeft - kRight); }
	double y(double value) const { return kHeight - kBottom - value / top * (kHeight - kTop - kBottom); }
};

// 1, 2 or 5 by a power of ten: about five of them make `most`.
double step_of(double most)
{
	const double power = std::pow(10, std::floor(std::log10(most / 5)));
	for (const double factor : {1.0, 2.0, 5.0}) {
		if (most / (factor * power) <= 6)
			return factor * power;
	}
	return 10 * power;
}

Frame frame_of(const Plot& plot)
{
	Frame frame{1e9, -1e9, 0};
	for (const Line& line : plot.lines) {
		for (const Point& point : line.points) {
			frame.from = std::min(frame.from, std::floor(std::log10(point.x)));
			frame.to = std::max(frame.to, std::ceil(std::log10(point.x)));
			frame.top = std::max(frame.top, point.y);
		}
	}
	frame.to = std::max(frame.to, frame.from + 1);
	const double step = step_of(std::max(frame.top, 1e-9));
	frame.top = std::ceil(std::max(frame.top, 1e-9) / step) * step;
	return frame;
}

template <typename... Values>
std::string print(const char* format, Values... values)
{
	char text[512];
	std::snprintf(text, sizeof(text), format, values...);
	return text;
}

std::string escaped(const std::string& text)
{
	std::string out;
	for (const char each : text)
		out += each == '&' ? "&amp;" : each == '<' ? "&lt;" : each == '>' ? "&gt;" : std::string(1, each);
	return out;
}

std::string words(double x, double y, const char* anchor, const std::string& text)
{
	return print("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor) + escaped(text) + "</text>\n";
}

std::string rule(double x1, double y1, double x2, double y2)
{
	return print("<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"#8a8a8a\" stroke-opacity=\"0.35\"/>\n", x1, y1, x2, y2);
}

std::string axes(const Plot& plot, const Frame& frame)
{
	std::string out;
	for (double exponent = frame.from; exponent <= frame.to; exponent++) {
		const double x = frame.x(std::pow(10, exponent));
		out += rule(x, kTop, x, kHeight - kBottom);
		out += words(x, kHeight - kBottom + 18, "middle", exponent == 0 ? "1" : print("10^%.0f", exponent));
	}
	const double step = step_of(frame.top);
	for (double value = 0; value <= frame.top * 1.0001; value += step) {
		out += rule(kLeft, frame.y(value), kWidth - kRight, frame.y(value));
		out += words(kLeft - 8, frame.y(value) + 4, "end", print("%g", value));
	}
	out += words((kLeft + kWidth - kRight) / 2, kHeight - 10, "middle", plot.x_title);
	out += words(kLeft, kTop - 10, "start", plot.y_title);
	return out;
}

std::string curve(const Line& line, const Frame& frame, const char* colour)
{
	std::string path, marks;
	for (const Point& point : line.points) {
		path += print("%s%.1f %.1f", path.empty() ? "M" : "L", frame.x(point.x), frame.y(point.y));
		marks += print("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", frame.x(point.x), frame.y(point.y), colour);
	}
	return print("<path d=\"") + path + print("\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", colour) + marks;
}

// Names beside the last points, in the order of these and apart from each other.
std::string names(const Plot& plot, const Frame& frame)
{
	std::vector<std::size_t> order(plot.lines.size());
	for (std::size_t i = 0; i < order.size(); i++)
		order[i] = i;
	const auto end = [&](std::size_t i) { return plot.lines[i].points.empty() ? 0.0 : frame.y(plot.lines[i].points.back().y); };
	std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return end(a) < end(b); });
	std::string out;
	double below = kTop;
	for (const std::size_t i : order) {
		const double y = std::max(end(i), below);
		out += print("<g fill=\"%s\">", kColours[i % kColours.size()]) + words(kWidth - kRight + 10, y + 4, "start", plot.lines[i].name) + "</g>\n";
		below = y + 16;
	}
	return out;
}

}  // namespace

std::string to_svg(const Plot& plot)
{
	const Frame frame = frame_of(plot);
	std::string out = print("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#808080\">\n", kWidth, kHeight);
	out += "<title>" + escaped(plot.title) + "</title>\n";
	out += words(kLeft, 16, "start", plot.title) + axes(plot, frame);
	for (std::size_t i = 0; i < plot.lines.size(); i++)
		out += curve(plot.lines[i], frame, kColours[i % kColours.size()]);
	return out + names(plot, frame) + "</svg>\n";
}

}  // namespace sluice::bench

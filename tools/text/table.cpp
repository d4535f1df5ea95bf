#include "text/table.h"

#include <algorithm>

namespace sluice::text {
namespace {

void append_cell(std::string& line, const Cell& cell, const Column& column, std::size_t columns, const Style& style)
{
	const std::size_t used = width(cell.text);
	const std::string blanks(columns > used ? columns - used : 0, ' ');
	if (column.align == Align::kRight)
		line += blanks;
	line += style.paint(cell.colour, cell.text);
	if (column.align == Align::kLeft)
		line += blanks;
}

}  // namespace

std::vector<std::size_t> Table::widths() const
{
	std::vector<std::size_t> widest;
	for (std::size_t i = 0; i < columns_.size(); i++) {
		widest.push_back(width(columns_[i].heading));
		for (const auto& row : rows_) {
			if (i < row.size())
				widest[i] = std::max(widest[i], width(row[i].text));
		}
	}
	return widest;
}

std::string Table::to_string(const Style& style) const
{
	const auto widest = widths();
	const auto append_line = [&](std::string& out, const std::vector<Cell>& row) {
		std::string line;
		for (std::size_t i = 0; i < columns_.size(); i++) {
			if (i > 0)
				line += "  ";
			append_cell(line, i < row.size() ? row[i] : Cell(""), columns_[i], widest[i], style);
		}
		line.erase(line.find_last_not_of(' ') + 1);
		out += line + "\n";
	};

	std::vector<Cell> headings;
	for (const auto& column : columns_)
		headings.emplace_back(column.heading, Colour::kBold);
	std::string out;
	append_line(out, headings);
	for (const auto& row : rows_)
		append_line(out, row);
	return out;
}

std::string printable(std::string_view text)
{
	std::string safe(text);
	for (std::size_t i = 0; i < safe.size(); i++) {
		const auto byte = static_cast<unsigned char>(text[i]);
		const auto before = i > 0 ? static_cast<unsigned char>(text[i - 1]) : 0u;
		const bool c1 = before == 0xc2 && byte >= 0x80 && byte < 0xa0;  // U+0080 to U+009F
		if (byte < 0x20 || byte == 0x7f || c1)
			safe[i] = '?';
		if (c1)
			safe[i - 1] = '?';
	}
	return safe;
}

}  // namespace sluice::text

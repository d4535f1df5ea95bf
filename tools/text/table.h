// Table: rows under headings, in columns as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

#include "text/style.h"

namespace sluice::text {

enum class Align { kLeft, kRight };

struct Column {
	std::string heading;
	Align align = Align::kLeft;
};

struct Cell {
	Cell(std::string text_) : text(std::move(text_)) {}  // NOLINT: a cell is its text
	Cell(const char* text_) : text(text_) {}             // NOLINT
	Cell(std::string text_, Colour colour_) : text(std::move(text_)), colour(colour_) {}

	std::string text;
	Colour colour = Colour::kNone;
};

class Table {
public:
	explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

	// Missing cells are empty; surplus ones are not shown.
	void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
	bool empty() const { return rows_.empty(); }

	// Headings and rows, each line ended, none with trailing blanks.
	std::string to_string(const Style& style) const;

private:
	std::vector<std::size_t> widths() const;

	std::vector<Column> columns_;
	std::vector<std::vector<Cell>> rows_;
};

// What came from outside, for a terminal: control characters become '?', so that nothing can play with the screen.
std::string printable(std::string_view text);

}  // namespace sluice::text

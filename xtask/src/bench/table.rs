//! A table of costs: printed, kept in a page, and read back from it.

use std::fmt::Write as _;

/// Where the table stands in its page.
const BEGIN: &str = "<!-- written by `cargo xtask bench --save` -->";
const END: &str = "<!-- end -->";

/// Costs by contender and row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    rows: Vec<String>,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq)]
struct Column {
    name: String,
    cells: Vec<Option<f64>>,
}

impl Table {
    pub(super) fn new<'a>(rows: impl Iterator<Item = &'a str>) -> Self {
        Self {
            rows: rows.map(str::to_owned).collect(),
            columns: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, name: &str, cells: Vec<Option<f64>>) {
        self.columns.push(Column {
            name: name.to_owned(),
            cells,
        });
    }

    pub(super) fn cell(&self, column: &str, row: &str) -> Option<f64> {
        let at = self.rows.iter().position(|known| known == row)?;
        let column = self.columns.iter().find(|known| known.name == column)?;
        *column.cells.get(at)?
    }

    /// The table as Markdown, its columns aligned.
    pub(super) fn shown(&self) -> String {
        let mut lines = vec![vec!["per call".to_owned()]];
        lines[0].extend(self.columns.iter().map(|column| column.name.clone()));
        for (at, row) in self.rows.iter().enumerate() {
            let cells = self.columns.iter().map(|column| shown(column.cells[at]));
            lines.push(std::iter::once(row.clone()).chain(cells).collect());
        }
        let widths: Vec<usize> = (0..lines[0].len())
            .map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for (at, line) in lines.iter().enumerate() {
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let _ = match column {
                    0 => write!(text, "| {cell:<width$} |"),
                    _ => write!(text, " {cell:>width$} |"),
                };
            }
            text.push('\n');
            if at == 0 {
                let dashes = widths.iter().enumerate().map(|(column, width)| match column {
                    0 => format!("| {} |", "-".repeat(*width)),
                    _ => format!(" {}: |", "-".repeat(width - 1)),
                });
                text.extend(dashes);
                text.push('\n');
            }
        }
        text
    }

    /// One line of JSON a cell.
    pub(super) fn json(&self) -> String {
        let mut text = String::new();
        for column in &self.columns {
            for (row, cell) in self.rows.iter().zip(&column.cells) {
                let value = cell.map_or("null".to_owned(), |cell| cell.to_string());
                let _ = writeln!(
                    text,
                    r#"{{"contender":"{}","row":"{row}","value":{value}}}"#,
                    column.name
                );
            }
        }
        text
    }

    /// The page with this table in place of the one in it.
    pub(super) fn written_into(&self, page: &str, circumstances: &str) -> Result<String, String> {
        let (before, _, after) = parts(page)?;
        Ok(format!(
            "{before}{BEGIN}\n\n{circumstances}\n\n{}\n{END}{after}",
            self.shown()
        ))
    }

    /// The table in a page.
    pub(super) fn read(page: &str) -> Result<Self, String> {
        let (_, kept, _) = parts(page)?;
        let mut lines = kept.lines().filter(|line| line.starts_with('|')).map(|line| {
            let cells = line.trim_matches('|').split('|').map(str::trim);
            cells.map(str::to_owned).collect::<Vec<_>>()
        });
        let mut table = Self::new(std::iter::empty());
        for name in lines.next().unwrap_or_default().iter().skip(1) {
            table.add(name, Vec::new());
        }
        for line in lines.skip(1) {
            let mut cells = line.into_iter();
            table.rows.extend(cells.next());
            for (column, cell) in table.columns.iter_mut().zip(cells) {
                column.cells.push(cell.replace(',', "").parse().ok());
            }
        }
        Ok(table)
    }
}

/// What stands before, between and behind the two marks.
fn parts(page: &str) -> Result<(&str, &str, &str), String> {
    let found = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (kept, after) = rest.split_once(END)?;
        Some((before, kept, after))
    });
    found.ok_or_else(|| format!("the page has no place for the table: `{BEGIN}` and `{END}`"))
}

/// A number as people read it: `94,273`, `75`, `0.97`.
fn shown(cell: Option<f64>) -> String {
    match cell {
        None => String::new(),
        Some(cell) if cell.abs() < 9.995 => format!("{:.2}", cell + 0.0),
        Some(cell) => {
            let digits = format!("{cell:.0}");
            let mut text = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let text = |number| shown(Some(number));
        assert_eq!(text(94_273.4), "94,273");
        assert_eq!(text(1_094_273.0), "1,094,273");
        assert_eq!(text(75.0), "75");
        assert_eq!(text(0.972), "0.97");
        assert_eq!(shown(None), "");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut table = Table::new(["unary: instructions", "unary: allocations"].into_iter());
        table.add("ours on hyper", vec![Some(51_234.0), Some(8.25)]);
        table.add("rig", vec![None, Some(607.0)]);
        let page = format!("# Page\n\n{BEGIN}\nold\n{END}\n\nMore.\n");
        let written = table.written_into(&page, "2026-01-01").expect("it has a place");
        assert!(
            written.starts_with("# Page\n") && written.ends_with("\n\nMore.\n") && !written.contains("old")
        );
        assert_eq!(Table::read(&written).expect("it has a table"), table);
        assert_eq!(table.cell("rig", "unary: instructions"), None);
        assert_eq!(table.cell("ours on hyper", "unary: allocations"), Some(8.25));
    }
}

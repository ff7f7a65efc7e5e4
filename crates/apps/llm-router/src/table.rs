//! Tables on a terminal: columns as wide as what stands in them.

use std::fmt::Write as _;

/// Rows under their names, with two spaces between columns and none at the end of a line.
pub(crate) fn table<const N: usize>(names: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = names.map(|name| name.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let mut line = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(names);
    for row in rows {
        line(std::array::from_fn(|place| row[place].as_str()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_their_widest() {
        let rows = [["ä", "1"], ["longer", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(
            table(["A", "NUMBER"], &rows),
            "A       NUMBER\nä       1\nlonger\n"
        );
    }
}

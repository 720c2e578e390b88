//! Columns as kubectl prints them (`tabwriter` with a padding of three).

/// Prints rows in columns; the last column is not padded.
pub fn print(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    let mut line = |cells: &[&str]| {
        for (index, cell) in cells.iter().enumerate() {
            match index + 1 == cells.len() {
                true => out.push_str(cell),
                false => {
                    out.push_str(cell);
                    let gap = widths[index] + 3 - cell.chars().count();
                    out.extend(std::iter::repeat_n(' ', gap));
                }
            }
        }
        out.push('\n');
    };
    if !head.is_empty() {
        line(head);
    }
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        line(&cells);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_have_three_blanks_between() {
        let rows = [
            vec!["a".into(), "bbbb".into()],
            vec!["ccc".into(), "d".into()],
        ];
        let printed = super::print(&["NAME", "X"], &rows);
        assert_eq!(printed, "NAME   X\na      bbbb\nccc    d\n");
    }
}

//! Tables as Markdown, for pull requests and wikis.

use super::table::{Cell, Kind, Table};

/// A table as Markdown. Text from files cannot break out of its cell or become HTML.
pub fn table(table: &Table) -> String {
    let columns: Vec<usize> = (0..table.columns.len()).filter(|c| !table.rows.iter().any(|r| r.cells[*c].is_drawn())).collect();
    let mut out = String::from("|");
    for c in &columns {
        out.push_str(&format!(" {} |", escape(&table.columns[*c].title)));
    }
    out.push_str("\n|");
    for c in &columns {
        out.push_str(if table.columns[*c].right { "---:|" } else { "---|" });
    }
    out.push('\n');
    for row in &table.rows {
        out.push('|');
        for c in &columns {
            let text = match &row.cells[*c] {
                Cell::Text(text) => escape(text),
                other => other.shown(),
            };
            let strong = matches!(row.kind, Kind::Group | Kind::Sum) && !text.is_empty();
            let indent = if *c == 0 { "&nbsp;&nbsp;".repeat(row.indent.into()) } else { String::new() };
            out.push_str(&if strong { format!(" {indent}**{text}** |") } else { format!(" {indent}{text} |") });
        }
        out.push('\n');
    }
    out
}

/// Text with what Markdown and HTML would act on made harmless.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_files_stays_text() {
        assert_eq!(escape("a|b <script>[x](y)"), r"a\|b &lt;script&gt;\[x\](y)");
    }
}

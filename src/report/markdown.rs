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

/// Text with what Markdown and HTML would act on made harmless: no mark-up, and what GitHub makes of bare text (mentions, issues,
/// links) is parted by a space of no width.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let is_www = |out: &str| out.len() >= 3 && out.as_bytes()[out.len() - 3..].eq_ignore_ascii_case(b"www");
    while let Some(c) = rest.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            '@' => out.push_str(&format!("@{APART}")),
            '#' => out.push_str(&format!("\\#{APART}")),
            ':' if rest.peek() == Some(&'/') => out.push_str(&format!(":{APART}")),
            '.' if is_www(&out) => out.push_str(&format!("{APART}.")),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A space of no width.
const APART: &str = "&#8203;";

/// An address of a page as a link, whatever is in it.
pub fn link(address: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'+,;=%".contains(&b);
    let safe = address.bytes().map(|b| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") });
    format!("<{}>", safe.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_files_stays_text() {
        assert_eq!(escape("a|b <script>[x](y)"), r"a\|b &lt;script&gt;\[x\](y)");
        assert_eq!(escape("@team #1 https://x.y www.z a@b.c"), r"@&#8203;team \#&#8203;1 https:&#8203;//x.y www&#8203;.z a@&#8203;b.c");
        assert_eq!(link("https://a.b/c?d=e f>g|h"), "<https://a.b/c?d=e%20f%3Eg%7Ch>");
    }
}

//! The report as files of a folder, or one format on standard output.

use std::path::PathBuf;

use super::super::args::{ReportArgs, ReportFormat};
use super::super::forecast::json;
use super::super::input;
use super::super::{Exit, Failure, Output, World, out_file};
use crate::report::monthly::document::Report;
use crate::report::page::{self, Page};
use crate::report::{csv, workbook};

/// Into files of a folder, or one format to standard output.
pub fn written(args: &ReportArgs, document: &Report, world: &World, notes: String) -> Result<Output, Failure> {
    let Some(folder) = &args.out else {
        let [format] = args.format.as_slice() else {
            return Err(Failure::usage("error: several formats are several files\nhelp: `--out DIR` says where"));
        };
        return Ok(Output { out: text(args, *format, document, world)?, notes });
    };
    let name = format!("{}-{}", document.environment, document.month);
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for format in &args.format {
        let file = |ending: &str| folder.join(format!("{name}.{ending}"));
        match format {
            ReportFormat::Csv => {
                files.extend(csv_files(document).map(|(table, text)| (folder.join(&name).join(format!("{table}.csv")), text.into_bytes())))
            }
            ReportFormat::Xlsx => files.push((file("xlsx"), workbook::write(document).map_err(internal)?)),
            ReportFormat::Table => files.push((file("txt"), text(args, *format, document, world)?.into_bytes())),
            ReportFormat::Html => files.push((file("html"), text(args, *format, document, world)?.into_bytes())),
            ReportFormat::Md => files.push((file("md"), text(args, *format, document, world)?.into_bytes())),
            ReportFormat::Json => files.push((file("json"), text(args, *format, document, world)?.into_bytes())),
        }
    }
    let mut out = String::new();
    for (path, bytes) in files {
        out_file::write_in_new_folder(&path, &bytes)?;
        out.push_str(&format!("{}\n", path.display()));
    }
    Ok(Output { out, notes })
}

fn text(args: &ReportArgs, format: ReportFormat, document: &Report, world: &World) -> Result<String, Failure> {
    let page =
        |page: Page| page::write(document, page, template(args, page)?.as_deref()).map_err(|e| Failure::input(format!("error: {e}")));
    match format {
        ReportFormat::Json => json(document),
        ReportFormat::Table => Ok(page::terminal(document, &world.screen)),
        ReportFormat::Html => page(Page::Html),
        ReportFormat::Md => page(Page::Markdown),
        ReportFormat::Csv | ReportFormat::Xlsx => Err(Failure::usage("error: csv and xlsx are files\nhelp: `--out DIR` says where")),
    }
}

/// The user's own template of a page, where the folder has one.
fn template(args: &ReportArgs, page: Page) -> Result<Option<String>, Failure> {
    let Some(folder) = &args.template else { return Ok(None) };
    let path = folder.join(page.template());
    match path.is_file() {
        true => Ok(Some(input::file(&path)?.text)),
        false => Err(Failure::missing(format!("error: there is no {}", path.display()))),
    }
}

/// Every table by the name of its file. Numbers are exact; text that a spreadsheet would run is made harmless.
fn csv_files(document: &Report) -> impl Iterator<Item = (String, String)> {
    let several = document.chapters.len() > 1;
    let tables = document.chapters.iter().flat_map(|c| c.sections.iter().flat_map(|s| &s.tables).map(move |t| (c, t)));
    tables.map(move |(c, t)| {
        let header: Vec<&str> = t.table.columns.iter().map(|c| if c.key.is_empty() { &*c.title } else { c.key }).collect();
        let rows = t.table.rows.iter().map(|r| r.cells.iter().map(|cell| cell.exact().unwrap_or_default()).collect());
        let name = if several { format!("{}-{}", c.environment, t.id) } else { t.id.clone() };
        (name, csv::write(&header, rows))
    })
}

fn internal(message: String) -> Failure {
    Failure { exit: Exit::Internal, message: format!("error: {message}") }
}

//! The page itself: sections in their order, every text escaped.

use super::{Picture, Pixels, Plot, Report, Sheet};
use base64::{Engine, engine::general_purpose::STANDARD};

const STYLE: &str = include_str!("style.css");
/// Longer tables are folded.
const OPEN_ROWS: usize = 60;

/// The HTML of a report.
pub fn render(report: &Report) -> String {
    let mut page = head(&report.title);
    page += &format!("<h1>{}</h1>\n", escaped(&report.title));
    if let Some(question) = &report.question {
        page += &format!("<p class=\"question\">{}</p>\n", escaped(question));
    }
    for line in &report.summary {
        page += &format!("<p class=\"faint\">{}</p>\n", escaped(line));
    }
    page += &figures("Results", &report.plots, &report.plot_note);
    page += &figures("Distributions", &report.histograms, &report.histogram_note);
    page += &table("Beside measurements", &report.validation);
    page += &pictures(&report.pictures);
    page += &table("Numbers", &report.table);
    for (title, lines) in report.lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        let items: String = lines
            .iter()
            .map(|line| format!("<li>{}</li>\n", escaped(line)))
            .collect();
        page += &section(title, &format!("<ul>\n{items}</ul>\n"));
    }
    page += &section("Where this comes from", &provenance(&report.provenance));
    page += &section("How to make it again", &again(report));
    page + "</main>\n</body>\n</html>\n"
}

fn head(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(title)
    )
}

fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escaped(title))
}

fn figures(title: &str, plots: &[Plot], note: &str) -> String {
    if plots.is_empty() {
        return String::new();
    }
    let figures: String = plots.iter().map(Plot::svg).collect();
    let note = escaped(note);
    section(
        title,
        &format!("<p class=\"faint\">{note}</p>\n<div class=\"plots\">\n{figures}</div>\n"),
    )
}

fn pictures(pictures: &[Picture]) -> String {
    let Some(first) = pictures.first() else {
        return String::new();
    };
    let figure = |picture: &Picture| {
        let class = match picture.pixels {
            Pixels::Voxels => "voxels",
            Pixels::Drawing => "drawing",
        };
        let title = escaped(&picture.title);
        let data = STANDARD.encode(&picture.png);
        format!(
            "<figure><figcaption>{title}</figcaption><img class=\"{class}\" alt=\"{title}\" src=\"data:image/png;base64,{data}\"></figure>\n"
        )
    };
    let figures: String = pictures.iter().map(figure).collect();
    let wide = if first.pixels == Pixels::Drawing {
        " wide"
    } else {
        ""
    };
    let entry = |(name, colour): &(String, String)| {
        format!(
            "<li><span class=\"swatch\" style=\"background:{colour}\"></span>{}</li>",
            escaped(name)
        )
    };
    let legend: String = first.legend.iter().map(entry).collect();
    section(
        "Microstructure",
        &format!(
            "<div class=\"pictures{wide}\">\n{figures}</div>\n<ul class=\"legend\">{legend}</ul>\n"
        ),
    )
}

fn table(title: &str, sheet: &Sheet) -> String {
    if sheet.rows.is_empty() {
        return String::new();
    }
    let cells = |tag: &str, cells: &[String]| -> String {
        let cell = |text: &String| format!("<{tag}>{}</{tag}>", escaped(text));
        format!("<tr>{}</tr>\n", cells.iter().map(cell).collect::<String>())
    };
    let rows: String = sheet.rows.iter().map(|row| cells("td", row)).collect();
    let table = format!(
        "<div class=\"scroll\"><table>\n<thead>{}</thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        cells("th", &sheet.header)
    );
    let body = match sheet.rows.len() {
        count if count > OPEN_ROWS => {
            format!("<details><summary>all {count} rows</summary>\n{table}</details>\n")
        }
        _ => table,
    };
    section(title, &body)
}

fn provenance(entries: &[(String, String)]) -> String {
    let entry = |(name, value): &(String, String)| {
        format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value))
    };
    format!(
        "<dl>\n{}</dl>\n",
        entries.iter().map(entry).collect::<String>()
    )
}

fn again(report: &Report) -> String {
    let said = |line: &String| format!("<p class=\"faint\">{}</p>\n", escaped(line));
    let said: String = report.again.iter().map(said).collect();
    let commands = format!(
        "{said}<pre>{}</pre>\n",
        escaped(&report.commands.join("\n"))
    );
    let file = |(name, text): &(String, String)| {
        let (name, text) = (escaped(name), escaped(text));
        format!("<details><summary>{name}</summary>\n<pre>{text}</pre></details>\n")
    };
    commands + &report.files.iter().map(file).collect::<String>()
}

/// A text as HTML and SVG take it.
pub(super) fn escaped(text: &str) -> String {
    crate::report::printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

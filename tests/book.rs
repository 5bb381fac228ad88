//! Is docs/ a book? Every page is in SUMMARY.md once, under its own title, and every link leads somewhere inside.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Pages by name, and the names of all files that a link may lead to.
struct Book {
    pages: BTreeMap<String, String>,
    files: BTreeSet<String>,
}

impl Book {
    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let (mut pages, mut files) = (BTreeMap::new(), BTreeSet::new());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".md") {
                pages.insert(name.clone(), fs::read_to_string(&path).unwrap());
            }
            files.insert(name);
        }
        Self { pages, files }
    }

    /// What is wrong with it.
    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let listed = links(&self.pages["SUMMARY.md"]);
        for (name, text) in self.pages.iter().filter(|(name, _)| *name != "SUMMARY.md") {
            let title = text
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("# ");
            match listed
                .iter()
                .filter(|(_, target)| target == name)
                .collect::<Vec<_>>()
                .as_slice()
            {
                [(words, _)] if words == title => {}
                [(words, _)] => {
                    complaints.push(format!("{name} is \"{title}\", listed as \"{words}\""))
                }
                other => complaints.push(format!("{name} is listed {} times", other.len())),
            }
        }
        for (name, text) in &self.pages {
            let strange = links(text)
                .into_iter()
                .filter(|(_, target)| !self.leads(name, target));
            complaints.extend(strange.map(|(_, target)| format!("{name} links to {target}")));
        }
        complaints
    }

    /// Whether a link of a page leads to a page, a heading or a file of the book, or to another site.
    fn leads(&self, page: &str, target: &str) -> bool {
        if target.starts_with("https://") {
            return true;
        }
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        let file = if file.is_empty() { page } else { file };
        let has = |text: &String| {
            text.lines()
                .any(|line| anchor(line).as_deref() == Some(heading))
        };
        self.files.contains(file) && (heading.is_empty() || self.pages.get(file).is_some_and(has))
    }
}

/// Words and targets of the links and pictures of a page, code aside.
fn links(text: &str) -> Vec<(String, String)> {
    let prose = text.split("```").step_by(2).collect::<String>();
    let mut links = Vec::new();
    for (at, _) in prose.match_indices("](") {
        let words = prose[..at].rsplit('[').next().unwrap_or_default();
        let target = prose[at + 2..].split(')').next().unwrap_or_default();
        links.push((words.to_owned(), target.to_owned()));
    }
    links
}

/// What a link to a heading is called: "## How far to trust it" is how-far-to-trust-it.
fn anchor(line: &str) -> Option<String> {
    let heading = line
        .strip_prefix('#')?
        .trim_start_matches('#')
        .strip_prefix(' ')?;
    let kept = heading.to_lowercase().replace(' ', "-");
    Some(
        kept.chars()
            .filter(|c| c.is_alphanumeric() || ['-', '_'].contains(c))
            .collect(),
    )
}

#[test]
fn every_page_is_listed_and_every_link_leads_somewhere() {
    let book = Book::read();
    assert!(book.pages.len() > 10);
    let complaints = book.complaints();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn what_is_wrong_is_found() {
    for (page, old, new) in [
        ("SUMMARY.md", "- [Stress](stress.md)\n", ""),
        ("SUMMARY.md", "[Stress]", "[Strain]"),
        (
            "SUMMARY.md",
            "- [Stress](stress.md)\n",
            "- [Stress](stress.md)\n- [Stress](stress.md)\n",
        ),
        ("guide.md", "](tensor.md)", "](tenser.md)"),
        ("guide.md", "](tensor.md)", "](tensor.md#nowhere)"),
        ("guide.md", "](tensor.md)", "](../README.md)"),
        ("stress.md", "](stress-s-c-sse.png)", "](stress.png)"),
    ] {
        let mut book = Book::read();
        let text = book.pages.get_mut(page).unwrap();
        assert!(text.contains(old), "{page}: {old}");
        *text = text.replacen(old, new, 1);
        assert_eq!(book.complaints().len(), 1, "{page}: {new}");
    }
}

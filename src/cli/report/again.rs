//! How to make the result of a single run again: the command that made it, as its file has it, and the scenario that this needs.

use super::single::text;
use hdf5::{Group, types::VarLenUnicode};
use std::path::Path;
use voxion::report::html::Report;

/// What is said where a file has no command.
pub(super) const UNKNOWN: &str = "This file does not hold the command that made it, as files of older versions do not. The \
parameters above are all that it was told; with them and the input, the numbers can be computed again.";
const KNOWN: &str = "The first command makes the numbers, the second this page. Names of files are as seen from the folder in \
which it was typed; an input with the checksum above gives the same numbers within their bounds on any machine, and the same \
digits on the host.";

/// Fills in what the last section of the page says.
pub(super) fn fill(page: &mut Report, path: &Path, results: &Group) {
    let name = path.display().to_string();
    let quoted = shlex::try_quote(&name).map_or_else(|_| name.clone(), Into::into);
    let made = text(results, "command").ok();
    page.again = match made {
        Some(_) => vec![KNOWN.to_owned()],
        None => vec![UNKNOWN.to_owned()],
    };
    if let Some(seed) = drawn_seed(results) {
        page.again.push(format!(
            "The scenario gives no seed, and {seed} was drawn: write seed = {seed} into its section [generate] for the same volume."
        ));
    }
    page.commands = made.into_iter().collect();
    page.commands
        .push(format!("voxion report {quoted} -o report.html"));
    page.files = scenario(results).into_iter().collect();
}

fn drawn_seed(results: &Group) -> Option<u64> {
    results.attr("drawn_seed").ok()?.read_scalar().ok()
}

/// Name and text of the scenario file.
fn scenario(results: &Group) -> Option<(String, String)> {
    let scenario = results.dataset("scenario").ok()?;
    let words = scenario.read_scalar::<VarLenUnicode>().ok()?;
    Some((text(&scenario, "name").ok()?, words.as_str().to_owned()))
}

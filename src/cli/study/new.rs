//! `voxion study new`: a study file that runs as it is, in seconds, and says what can be changed.

use anyhow::Result;
use std::{fs, path::Path};
use voxion::{
    Error,
    io::{IoError, Overwrite, write_atomically},
};

const TEMPLATE: &str = r#"# A study: one scenario, several values of its parameters, one table of results.
#
#   voxion study run FILE --dry-run     which cases there are, how much memory and time they need
#   voxion study run FILE               runs what is not finished; again after any interruption
#   voxion study merge FILE -o X.h5     one table of all results

[scenario]
title = "Coated pellets"
question = "How do porosity and conductivity of a pressed pellet depend on its coating?"

[study]
# base = "pellet.toml"              # a scenario file; sections of this file, as those below, are then laid over it key by key
design = "grid"                     # every value with every other; "list": hand in hand; "latin-hypercube", "sobol": samples
# samples = 64                      # how many points the last two take
repeats = 3                         # each point with three seeds, for error bars
results = ["effective_conductivity", "tortuosity_factor", "percolating_fraction", "porosity"]
#         docs/studies.md has the others: measures, and what [stress], [reaction] and [cell] of a scenario give

[[parameter]]
key = "generate.cycles"             # a key of [generate], [transport], [stress] ..., or phases.NAME.conductivity or .material
values = [0, 20, 40, 60]

[[parameter]]
key = "phases.coating.conductivity"
from = "0.01 mS/cm"                 # a range in place of values: count of them, evenly (scale = "linear") or by factors
to = "1 mS/cm"
scale = "log"
count = 3

[generate]                          # the scenario itself: all of docs/guide.md
generator = "pellet"
seed = 1                            # of the first repeat
size = 32
voxel_size = "150 nm"

[transport]
axes = "z"
sides = "periodic"
carrier = "ionic"
temperature = "25 C"
"#;

/// Writes the template.
pub(super) fn new(file: &Path, overwrite: Overwrite) -> Result<()> {
    let text = TEMPLATE.replace("FILE", &file.display().to_string());
    let unwritable = |source| IoError::Unwritable {
        path: file.to_owned(),
        source,
    };
    write_atomically(file, overwrite, |temporary| {
        fs::write(temporary, &text).map_err(unwritable)
    })
    .map_err(Error::from)?;
    say!(
        "wrote {}; see its cases with `voxion study run {0} --dry-run`",
        file.display()
    );
    Ok(())
}

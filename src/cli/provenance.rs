//! Where the result of a run came from, the command as it was typed included.

use std::time::SystemTime;
use voxion::{io::Reading, report::Provenance, scenario::Voxels};

/// Of a run on these voxels, with its parameters as JSON text.
pub(crate) fn provenance(
    (voxels, reading): (&Voxels, &Reading),
    parameters: String,
    started: SystemTime,
) -> Provenance {
    Provenance {
        command: command(std::env::args_os().skip(1)),
        input: match voxels.file() {
            Some(file) => file.source.to_string(),
            None => format!("{}, {}", reading.path.display(), reading.file_type),
        },
        sha256: reading.sha256.clone(),
        parameters,
        date: started,
    }
}

/// The program with these arguments, quoted for a shell. What no shell can be given, a zero byte, no argument can hold either.
fn command(arguments: impl Iterator<Item = std::ffi::OsString>) -> String {
    let arguments: Vec<String> = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let words = ["voxion"]
        .into_iter()
        .chain(arguments.iter().map(String::as_str));
    shlex::try_join(words).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_command_as_it_was_typed() {
        let typed = ["solve", "my volume.h5", "--sigma", "1=3 mS/cm,0=0", "it's"];
        let words = command(typed.into_iter().map(Into::into));
        assert!(
            words.starts_with("voxion solve 'my volume.h5' --sigma "),
            "{words}"
        );
        let read = shlex::split(&words).unwrap();
        assert_eq!(read[1..], typed);
        // Without quotes it would not be.
        assert_ne!(
            shlex::split(&typed.join(" ")),
            Some(typed.map(str::to_owned).to_vec())
        );
    }
}

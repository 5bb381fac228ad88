//! Each fault of a study is told at its line, before anything runs.

use super::{PELLETS, folder, stderr, voxion};
use std::{fs, path::Path};
use voxion::scenario::Sweep;

/// What is replaced by what, and the line and the sentence of the fault that this makes.
const FAULTS: &[(&str, &str, usize, &str)] = &[
    (
        "generate.cycles",
        "generate.cylces",
        10,
        "did you mean \"generate.cycles\"?",
    ),
    (
        "[0, 20, 40]",
        "[]",
        11,
        "\"values\" is an empty list, but at least one value is expected",
    ),
    (
        "[0, 20, 40]",
        "[0, \"40 nm\"]",
        11,
        "cycles: \"nm\" is the unit of a length",
    ),
    (
        "[0, 20, 40]",
        "[0, 20, 0]",
        11,
        "each value once is expected",
    ),
    (
        "values = [0, 20, 40]",
        "from = 0",
        9,
        "[[parameter]] needs the key \"to\"",
    ),
    (
        "values = [0, 20, 40]",
        "from = 0\nto = 4",
        11,
        "a range needs \"count\"",
    ),
    (
        "values = [0, 20, 40]",
        "from = 0\nto = 4\ncount = 1",
        13,
        "at least 2 values",
    ),
    (
        "values = [0, 20, 40]",
        "from = 0\nto = \"4 %\"\ncount = 3",
        12,
        "from \"0\" to \"4 %\"",
    ),
    (
        "values = [0, 20, 40]",
        "from = 0\nto = 4\ncount = 3\nscale = \"log\"",
        12,
        "ends above zero",
    ),
    (
        "values = [0, 20, 40]",
        "values = [1]\nfrom = 0",
        12,
        "either \"values\" or a range",
    ),
    ("repeats = 2", "repeats = 0", 6, "\"repeats\" is 0"),
    ("repeats = 2", "repeat = 2", 6, "did you mean \"repeats\"?"),
    (
        "repeats = 2",
        "design = \"gird\"",
        6,
        "did you mean \"grid\"?",
    ),
    (
        "repeats = 2",
        "samples = 4",
        6,
        "\"samples\" does not go with the design \"grid\"",
    ),
    (
        "repeats = 2",
        "design = \"sobol\"\nsamples = 0",
        7,
        "\"samples\" is 0",
    ),
    (
        "\"porosity\"]",
        "\"prosity\"]",
        7,
        "did you mean \"porosity\"?",
    ),
    (
        "\"porosity\"]",
        "\"triple_phase_boundary\"]",
        7,
        "there is no \"active\"",
    ),
    (
        "generate.cycles\"\nvalues = [0, 20, 40]",
        "generate.seed\"\nvalues = [1, 2]",
        6,
        "\"generate.seed\" is varied twice",
    ),
    (
        "[generate]\n",
        "[[parameter]]\nkey = \"generate.cycles\"\nvalues = [1]\n\n[generate]\n",
        14,
        "\"generate.cycles\" is varied twice",
    ),
    (
        "[generate]\n",
        "[[parameter]]\nkey = \"transport.rtol\"\nfrom = 1e-6\nto = 1e-3\ncount = 99999\n\n[generate]\n",
        5,
        "at most 100000 are taken",
    ),
];

#[test]
fn faults_are_told_at_their_line() {
    for &(old, new, line, sentence) in FAULTS {
        assert!(PELLETS.contains(old), "{old}");
        let text = PELLETS.replacen(old, new, 1);
        let said = match Sweep::parse(&text, "study.toml", Path::new("")) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(
            said.contains(sentence),
            "{new}\nsaid: {said}\nnot: {sentence}"
        );
        assert!(said.starts_with(&format!("line {line}:")), "{new}: {said}");
    }
}

#[test]
fn a_study_that_varies_nothing_is_refused() {
    let end = PELLETS.find("[[parameter]]").unwrap();
    let rest = PELLETS.find("[generate]").unwrap();
    let text = format!(
        "{}{}",
        PELLETS[..end].replace("repeats = 2", ""),
        &PELLETS[rest..]
    );
    let error = Sweep::parse(&text, "study.toml", Path::new("")).unwrap_err();
    assert!(error.to_string().contains("varies nothing"), "{error}");
}

#[test]
fn what_belongs_to_one_volume_is_refused_rather_than_left_out() {
    let stress = "[stress]\nfractions = { path = \"state.h5\", dataset = \"/converted\" }\n\n[stress.phases.particle]\nyoung = \"22 GPa\"\npoisson = 0.3\nconversion = \"S to Li2S\"\n\n\
                  [stress.phases.coating]\nyoung = \"22 GPa\"\npoisson = 0.3\n\n[run]\n";
    let text = PELLETS.replace("[run]\n", stress);
    let error = Sweep::parse(&text, "study.toml", Path::new("")).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("\"fractions\" of [stress] belong"), "{said}");
}

#[test]
fn a_value_that_does_not_fit_the_base_is_told_in_the_study() {
    let folder = folder(
        "[study]\nbase = \"base.toml\"\n\n[[parameter]]\nkey = \"generate.cycles\"\nvalues = [1, \"2 nm\"]\n",
    );
    let start = PELLETS.find("[generate]").unwrap();
    fs::write(folder.path().join("base.toml"), &PELLETS[start..]).unwrap();
    let said = stderr(&voxion(folder.path(), "study run study.toml").code(2));
    assert!(said.contains("study.toml:6:14"), "{said}");
    assert!(said.contains("\"nm\" is the unit of a length"), "{said}");
    // A fault of the base is told there.
    let broken = PELLETS[start..].replace("seed = 3", "seeds = 3");
    fs::write(folder.path().join("base.toml"), broken).unwrap();
    let said = stderr(&voxion(folder.path(), "study run study.toml").code(2));
    assert!(
        said.contains("base.toml:3:1") && said.contains("did you mean \"seed\"?"),
        "{said}"
    );
}

#[test]
fn a_section_of_a_study_is_laid_over_that_of_its_base() {
    let study = "[study]\nbase = \"base.toml\"\nrepeats = 1\n\n[generate]\nsize = 8\n\n[phases.coating]\nconductivity = \"1 S/m\"\n";
    let folder = folder(study);
    let start = PELLETS.find("[generate]").unwrap();
    fs::write(folder.path().join("base.toml"), &PELLETS[start..]).unwrap();
    let path = folder.path().join("study.toml");
    let laid = Sweep::read(&path).unwrap();
    let scenario = &laid.points[0].scenario;
    assert_eq!(scenario.volume.shape(), Some([8; 3]), "the study's");
    assert_eq!(laid.points[0].values, ["3"], "the seed is that of the base");
    assert_eq!(scenario.phases[2].conductivity.value, 1.0);
    // Faults of the study are told there, in values, keys and sections alike.
    for (old, new, line, sentence) in [
        ("size = 8", "size = \"8\"", 6, "\"size\" is a text"),
        ("size = 8", "sice = 8", 6, "did you mean \"size\"?"),
        ("[generate]", "[generator]", 5, "unknown key \"generator\""),
        (
            "phases.coating",
            "phases.coatin",
            8,
            "did you mean \"coating\"?",
        ),
        ("\"1 S/m\"", "\"1 nm\"", 9, "\"nm\" is the unit of a length"),
        (
            "[generate]\nsize = 8",
            "[volume]\npath = \"x.h5\"",
            5,
            "unknown key \"volume\"",
        ),
    ] {
        fs::write(&path, study.replace(old, new)).unwrap();
        let said = stderr(&voxion(folder.path(), "study run study.toml").code(2));
        let place = format!("study.toml:{line}:");
        assert!(
            said.contains(&place) && said.contains(sentence),
            "{new}\n{said}"
        );
    }
}

#[test]
fn what_cannot_be_run_is_refused_with_a_sentence() {
    let folder = folder(PELLETS);
    for (arguments, sentence) in [
        ("study run study.toml --shard 5/4", "K from 1 to N"),
        ("study run study.toml --jobs 0", "invalid value '0'"),
        ("study run nothing.toml", "cannot be read"),
        ("run study.toml", "run it with `voxion study run`"),
        ("study new study.toml", "exists"),
        (
            "study run study.toml --results .",
            "is not a folder of study results",
        ),
        (
            "study run study.toml --results study.toml",
            "cannot use study.toml",
        ),
    ] {
        let said = stderr(&voxion(folder.path(), arguments).code(2));
        assert!(said.contains(sentence), "{arguments}\n{said}");
    }
}

#[test]
fn what_is_no_scenario_is_said_and_never_echoed() {
    let folder = folder(PELLETS);
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("scan.h5", b"\x89HDF\r\n\x1a\n and more");
    let long = format!("[generate]\ngenerator = \"{}\"\n", "ab".repeat(2_000_000));
    write("long.toml", long.as_bytes());
    write(
        "key.toml",
        format!("{} = 1\n", "k".repeat(1_000_000)).as_bytes(),
    );
    write(
        "brackets.toml",
        format!("a = {}\n", "[".repeat(100_000)).as_bytes(),
    );
    for (name, sentence) in [
        ("scan.h5", "is an HDF5 file, not a scenario"),
        ("long.toml", "\"generator\" is \"abab"),
        ("key.toml", "unknown key \"kkk"),
        ("brackets.toml", "not valid TOML"),
        (".", "is a folder, not a scenario"),
    ] {
        for command in ["run", "study run"] {
            let said = stderr(&voxion(folder.path(), &format!("{command} {name}")).code(2));
            let is_study = command.starts_with("study");
            assert!(
                said.contains(sentence) || (is_study && said.contains("varies nothing")),
                "{command} {name}: {said}"
            );
            assert!(said.len() < 4000, "{command} {name}: {} bytes", said.len());
        }
    }
}

#[test]
fn an_unknown_parameter_names_keys_of_its_section_or_the_sections() {
    let said = |key: &str| {
        let text = PELLETS.replace("generate.cycles", key);
        let error = Sweep::parse(&text, "study.toml", Path::new("")).unwrap_err();
        error.to_string()
    };
    let of_sections = said("nonsense");
    assert!(
        of_sections.contains("generate.KEY, phases.NAME.KEY or transport.KEY")
            || of_sections.contains("generate.KEY, transport.KEY or phases.NAME.KEY"),
        "{of_sections}"
    );
    let of_section = said("transport.zzzzzzzzzzzz");
    assert!(of_section.len() < 500, "{of_section}");
}

#[test]
fn a_list_of_many_values_is_read_once() {
    let values: Vec<String> = (1..=20_000).map(|n| format!("{n}e-9")).collect();
    let text = format!(
        "[vary]\nparameter = \"transport.rtol\"\nvalues = [{}]\n[volume]\npath = \"v.raw\"\nshape = [4, 4, 4]\n\
         [phases.a]\nlabel = 0\nconductivity = 1\n",
        values.join(", ")
    );
    let sweep = Sweep::parse(&text, "study.toml", Path::new("")).unwrap();
    assert_eq!(sweep.points.len(), 20_000);
}

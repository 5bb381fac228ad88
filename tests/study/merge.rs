//! The table of a study: what the records say, in three formats, with the same bytes each time.

use super::{PELLETS, folder, results, stderr, voxion};
use serde_json::Value;
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;
use voxion::study::{
    merge,
    table::{Kind, Values},
};

/// A study with a text parameter and a case that fails, run and merged.
fn merged() -> TempDir {
    let text = PELLETS
        .replace("generate.cycles", "generate.coating_material")
        .replace("[0, 20, 40]", "[\"LPS-glass\", \"LiPON\"]")
        .replace("seed = 3", "seed = 3\ncycles = 40")
        .replace(
            "[generate]\n",
            "[[parameter]]\nkey = \"generate.residual_porosity\"\nvalues = [\"7 %\", \"60 %\"]\n\n[generate]\n",
        );
    let folder = folder(&text);
    voxion(folder.path(), "study run study.toml --quiet").code(1);
    voxion(folder.path(), "study merge study.toml").success();
    folder
}

/// Whether the column of a result holds what the records hold, row by row.
fn check_column(folder: &Path, cases: &[String], name: &str, found: &[f64]) -> Result<(), String> {
    for (key, &found) in cases.iter().zip(found) {
        let path = folder.join(format!("study.results/cases/{key}.json"));
        let Ok(text) = fs::read_to_string(path) else {
            if !found.is_nan() {
                return Err(format!("{key} failed, but has {name} {found}"));
            }
            continue;
        };
        let record: Value = serde_json::from_str(&text).unwrap();
        let own = &record["results"][0][name];
        let wanted = if own.is_null() { &record[name] } else { own };
        if wanted.as_f64() != Some(found) {
            return Err(format!("{key}: {name} is {found}, not {wanted}"));
        }
    }
    Ok(())
}

#[test]
fn the_table_holds_what_the_records_hold() {
    let folder = merged();
    let (table, provenance) = merge::read(&folder.path().join("study.h5"))
        .unwrap()
        .unwrap();
    assert_eq!(table.rows(), 8);
    let texts = |name: &str| match &table
        .columns
        .iter()
        .find(|c| c.name == name)
        .unwrap()
        .values
    {
        Values::Texts(texts) => texts.clone(),
        Values::Numbers(_) => panic!("{name} holds numbers"),
    };
    let cases = texts("case");
    for column in table
        .columns
        .iter()
        .filter(|column| column.kind == Kind::Result)
    {
        let Values::Numbers(numbers) = &column.values else {
            panic!("results are numbers");
        };
        check_column(folder.path(), &cases, &column.name, numbers).unwrap();
        let mut wrong = numbers.clone();
        wrong[0] += 1e-9 * wrong[0];
        check_column(folder.path(), &cases, &column.name, &wrong).unwrap_err();
    }
    let named: Vec<(&str, &str)> = table
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.unit.as_str()))
        .collect();
    assert!(
        named.contains(&("generate.residual_porosity", "%")),
        "{named:?}"
    );
    assert!(
        named.contains(&("effective_conductivity_bound", "S/m")),
        "{named:?}"
    );
    assert_eq!(
        texts("error")
            .iter()
            .filter(|error| error.contains("residual porosity"))
            .count(),
        4
    );
    assert!(
        table.phases.iter().any(|line| line.contains("Li6PS5Cl")),
        "{:?}",
        table.phases
    );
    assert!(
        !table.gallery.slices.is_empty() && table.gallery.slices[0].rows.len() == 16,
        "{:?}",
        table.gallery.slices.len()
    );
    let study = provenance["study"]["text"].as_str().unwrap();
    assert_eq!(
        study,
        fs::read_to_string(folder.path().join("study.toml")).unwrap()
    );
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let (one, two) = (merged(), merged());
    assert!(results(one.path()) == results(two.path()));
    for ending in ["h5", "csv", "parquet"] {
        let read =
            |folder: &TempDir| fs::read(folder.path().join(format!("study.{ending}"))).unwrap();
        assert!(read(&one) == read(&two), "{ending}");
    }
}

#[test]
fn a_file_that_exists_is_kept_and_a_strange_ending_refused() {
    let folder = merged();
    let said = stderr(&voxion(folder.path(), "study merge study.toml").code(2));
    assert!(
        said.contains("study.h5") && said.contains("exists"),
        "{said}"
    );
    voxion(folder.path(), "study merge study.toml --force").success();
    let said = stderr(&voxion(folder.path(), "study merge study.toml -o table.xlsx").code(2));
    assert!(
        said.contains("does not end with .h5, .csv or .parquet"),
        "{said}"
    );
}

/// A study of a volume from a file, whose default table has the name of that volume.
const SCANNED: &str = r#"
[study]
results = ["effective_conductivity"]

[[parameter]]
key = "phases.solid.conductivity"
values = ["1 mS/cm", "2 mS/cm"]

[volume]
path = "study.h5"

[phases.solid]
label = 0
conductivity = "1 mS/cm"

[phases.pore]
label = 1
conductivity = 0

[run]
backend = "host"
"#;

#[test]
fn a_merge_never_replaces_what_the_study_reads() {
    let folder = folder(SCANNED);
    let path = |name: &str| folder.path().join(name);
    fs::write(path("scan.raw"), [0, 0, 1, 0, 0, 1, 0, 0]).unwrap();
    voxion(
        folder.path(),
        "convert scan.raw study.h5 --shape 2,2,2 --quiet",
    )
    .success();
    voxion(folder.path(), "study run study.toml --quiet").success();
    let scan = fs::read(path("study.h5")).unwrap();
    fs::hard_link(path("study.h5"), path("other.h5")).unwrap();
    for options in [
        "--force",
        "--update",
        "-o ./study.h5 --force",
        "-o other.h5 --force",
    ] {
        let said =
            stderr(&voxion(folder.path(), &format!("study merge study.toml {options}")).code(2));
        assert!(
            said.contains("is an input of this run"),
            "{options}: {said}"
        );
        assert!(fs::read(path("study.h5")).unwrap() == scan, "{options}");
    }
    assert!(!path("study.csv").exists());
    voxion(folder.path(), "study merge study.toml -o table.h5").success();
    let said = stderr(&voxion(folder.path(), "report table.h5 -o table.h5 --force").code(2));
    assert!(said.contains("is an input of this run"), "{said}");
}

/// `--update`, which merge.sbatch uses, replaces tables of the same study and nothing else.
#[test]
fn an_update_replaces_own_tables_alone() {
    let folder = merged();
    let path = |name: &str| folder.path().join(name);
    let update = "study merge study.toml --update";
    voxion(folder.path(), update).success();
    for ending in ["h5", "csv", "parquet"] {
        let (table, other) = (
            path(&format!("study.{ending}")),
            path(&format!("other.{ending}")),
        );
        let own = fs::read(&table).unwrap();
        fs::write(&table, "something precious").unwrap();
        let said = stderr(&voxion(folder.path(), update).code(2));
        assert!(
            said.contains(&format!("study.{ending} exists and is no table")),
            "{said}"
        );
        assert_eq!(fs::read_to_string(&table).unwrap(), "something precious");
        fs::write(&table, &own).unwrap();
        fs::write(&other, own).unwrap();
    }
    fs::copy(path("study.toml"), path("twin.toml")).unwrap();
    for ending in ["h5", "parquet"] {
        let twin =
            format!("study merge twin.toml --results study.results --update -o other.{ending}");
        let said = stderr(&voxion(folder.path(), &twin).code(2));
        assert!(said.contains("is no table"), "{said}");
    }
}

/// Every format under limits of file sizes: whole with the bytes it always has, or not there and said.
#[cfg(unix)]
#[test]
fn a_full_disk_costs_no_column_in_silence() {
    let folder = merged();
    let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
    for ending in ["h5", "csv", "parquet"] {
        let whole = bytes(&format!("study.{ending}"));
        let most = whole.len() as u64 / 1024 + 5;
        for limit in (0..=most).step_by(usize::try_from(most / 8 + 1).unwrap()) {
            let script = format!(
                "trap '' XFSZ; ulimit -f {limit}; exec '{}' study merge study.toml -o out.{ending}",
                env!("CARGO_BIN_EXE_voxion")
            );
            let mut bash = Command::new("bash");
            let done = bash
                .args(["-c", &script])
                .current_dir(folder.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            let out = folder.path().join(format!("out.{ending}"));
            match done.status.code() {
                Some(0) => {
                    assert!(fs::read(&out).unwrap() == whole, "{ending}, {limit}");
                    fs::remove_file(out).unwrap();
                }
                Some(1) => {
                    assert!(!out.exists() && said.contains("File too large"), "{said}");
                    assert!(
                        !said.contains("buf") && !said.contains("descriptor"),
                        "{said}"
                    );
                }
                code => panic!("{ending}, {limit} KiB: {code:?} {said}"),
            }
        }
    }
    let names = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let partial = names.filter(|name| name.to_string_lossy().contains(".partial"));
    assert_eq!(partial.count(), 0);
}

#[test]
fn nothing_finished_is_nothing_to_merge() {
    let folder = folder(PELLETS);
    let said = stderr(&voxion(folder.path(), "study merge study.toml").code(2));
    assert!(said.contains("no case of this study is finished"), "{said}");
}

#[test]
fn a_csv_has_names_with_units_and_empty_cells_for_what_failed() {
    let folder = merged();
    let text = fs::read_to_string(folder.path().join("study.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 9, "{text}");
    assert!(lines[0].starts_with("case,generate.coating_material,generate.residual_porosity [%],generate.seed,axis,effective_conductivity [S/m],"), "{text}");
    assert_eq!(
        lines.iter().filter(|line| line.contains(",,,")).count(),
        4,
        "{text}"
    );
}

#[test]
#[ignore = "needs pandas, pyarrow, polars and h5py from scripts/requirements.txt; run with -- --ignored python_"]
fn python_reads_the_tables_with_one_line() {
    let folder = merged();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join(".venv/bin/python");
    let python = std::env::var_os("VOXION_PYTHON").unwrap_or_else(|| own.into_os_string());
    let script = "
import h5py, math, pandas, polars
h5 = {name: data[()] for name, data in h5py.File('study.h5')['study/table'].items()}
name = 'effective_conductivity'
frames = {'parquet': pandas.read_parquet('study.parquet'), 'csv': pandas.read_csv('study.csv'),
          'polars': polars.read_parquet('study.parquet'), 'polars csv': polars.read_csv('study.csv')}
for kind, frame in frames.items():
    column = name + ' [S/m]' if 'csv' in kind else name
    values = [math.nan if v is None else v for v in frame[column]]
    assert len(values) == 8, kind
    for got, wanted in zip(values, h5[name]):
        assert got == wanted or (math.isnan(got) and math.isnan(wanted)), (kind, got, wanted)
    assert sum(math.isnan(v) for v in values) == 4, kind
    assert list(frame['generate.coating_material'])[:4] == ['LPS-glass'] * 4, kind
print('read')
";
    let output = Command::new(&python)
        .current_dir(folder.path())
        .args(["-c", script])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "read");
}

/// A study of a cube of two phases, one of which has a slash in its name, over values of a key.
fn of_two_phases(key: &str, values: &str) -> tempfile::TempDir {
    let study = format!(
        "[[parameter]]\nkey = \"{key}\"\nvalues = {values}\n[volume]\npath = \"v.raw\"\nshape = [4, 4, 4]\n\
         [phases.\"S/C\"]\nlabel = 0\nconductivity = \"1 S/m\"\n[phases.b]\nlabel = 1\nconductivity = \"2 S/m\"\n\
         [run]\nbackend = \"host\"\n"
    );
    let folder = folder(&study);
    let voxels: Vec<u8> = (0..64).map(|voxel| u8::from(voxel % 3 == 0)).collect();
    fs::write(folder.path().join("v.raw"), voxels).unwrap();
    voxion(folder.path(), "study run study.toml --quiet").success();
    voxion(folder.path(), "study merge study.toml").success();
    folder
}

#[test]
fn a_name_with_a_slash_is_one_column() {
    let folder = of_two_phases("phases.S/C.conductivity", "[\"1 S/m\", \"3 S/m\"]");
    let path = folder.path().join("study.h5");
    let (table, _) = merge::read(&path).unwrap().unwrap();
    let name = "phases.S/C.conductivity";
    let column = table.columns.iter().find(|column| column.name == name);
    assert_eq!(column.unwrap().values, Values::Numbers(vec![1.0, 3.0]));
    voxion(folder.path(), "report study.h5 -o page.html").success();
    // As docs/studies.md reads it: every member is a dataset.
    let file = hdf5::File::open(&path).unwrap();
    let members = file.group("study/table").unwrap();
    for name in members.member_names().unwrap() {
        members.dataset(&name).unwrap();
    }
    assert!(members.link_exists("phases.S%2FC.conductivity"));
}

#[test]
fn values_in_mixed_units_are_numbers_of_the_first_unit() {
    let values = "[\"100 mS/m\", \"1 S/m\", \"0.03 S/cm\"]";
    let folder = of_two_phases("phases.b.conductivity", values);
    let csv = fs::read_to_string(folder.path().join("study.csv")).unwrap();
    let mut lines = csv.lines();
    let place = lines
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "phases.b.conductivity [mS/m]");
    let column: Vec<&str> = lines
        .map(|line| line.split(',').nth(place.unwrap()).unwrap())
        .collect();
    assert_eq!(column, ["100.0", "1000.0", "3000.0"]);
    voxion(folder.path(), "report study.h5 -o page.html").success();
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("b conductivity (mS/m)") && page.contains("<polyline"));
}

#[test]
fn categories_are_points_without_a_line() {
    let folder = of_two_phases("transport.sides", "[\"mirror\", \"periodic\"]");
    voxion(folder.path(), "report study.h5 -o page.html").success();
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let plots = page.split("<svg ").skip(1);
    let plots = plots.map(|plot| plot.split("</svg>").next().unwrap());
    let plots: Vec<&str> = plots
        .filter(|plot| plot.contains(">periodic</text>"))
        .collect();
    assert!(!plots.is_empty());
    for plot in plots {
        assert!(
            plot.contains("<circle") && !plot.contains("<polyline"),
            "{plot}"
        );
    }
}

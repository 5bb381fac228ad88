//! The page of a study and of a run: one file, well formed, with everything that it should say.

use super::{PELLETS, collected::COMPOSITE, folder, stderr, voxion};
use std::fs;
use voxion::{
    report::numbers::with_bound,
    study::{merge, table::Values},
};

/// Whether a page refers to nothing outside of itself.
fn check_closed(page: &str) -> Result<(), String> {
    for word in [
        "http://", "https://", "<script", "<link", "src=\"/", "@import", "url(",
    ] {
        if page.contains(word) {
            return Err(format!("the page holds {word}"));
        }
    }
    Ok(())
}

/// Whether every element that is opened is closed, in order.
fn check_nested(page: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let body = &page[page.find("<body>").ok_or("no body")?..];
    for tag in body.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap_or_default();
        let name = inside.split([' ', '\n']).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some("html") => {}
            Some(name) => match open.pop() {
                Some(last) if last == name => {}
                last => return Err(format!("{name} closes {last:?}")),
            },
            None if inside.ends_with('/') || name == "img" => {}
            None => open.push(name),
        }
    }
    open.first()
        .map_or(Ok(()), |name| Err(format!("{name} stays open")))
}

#[test]
fn the_page_of_a_study_is_one_file_with_all_that_it_should_say() {
    let folder = folder(&PELLETS.replace(
        "\"Pellets\"",
        "\"Pellets <& friends>\"\nquestion = \"How?\"",
    ));
    voxion(folder.path(), "study run study.toml --quiet").success();
    voxion(folder.path(), "study merge study.toml").success();
    voxion(folder.path(), "report study.h5 -o page.html").success();
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    check_closed(&page).unwrap();
    check_nested(&page).unwrap();
    for words in [
        "<h1>Pellets &lt;&amp; friends&gt;</h1>",
        "How?",
        "effective conductivity (S/m)",
        "(mean and standard deviation of 2)",
        "class=\"bar\"",
        "data:image/png;base64,",
        "ionic conductivity of Li6PS5Cl",
        "voxion study run study.toml",
        "prefers-color-scheme: dark",
        "key = &quot;generate.cycles&quot;",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<svg ").count(), 3);
    assert_eq!(page.matches("<circle").count(), 6 + 3 * 21);
    assert_eq!(page.matches("<img ").count(), 3);
    // Pages that break these rules are found.
    check_closed(&page.replace("<main>", "<main><script>")).unwrap_err();
    check_nested(&page.replace("</figure>", "")).unwrap_err();
    let said = stderr(&voxion(folder.path(), "report study.h5 -o page.html").code(2));
    assert!(said.contains("exists"), "{said}");
}

#[test]
fn the_page_of_one_run_shows_its_numbers_with_bounds() {
    let folder = folder(PELLETS);
    let start = PELLETS.find("[generate]").unwrap();
    fs::write(folder.path().join("one.toml"), &PELLETS[start..]).unwrap();
    voxion(folder.path(), "run one.toml --fields one.h5 --quiet").success();
    voxion(folder.path(), "report one.h5 -o one.html").success();
    let page = fs::read_to_string(folder.path().join("one.html")).unwrap();
    check_closed(&page).unwrap();
    check_nested(&page).unwrap();
    for words in [
        "effective conductivity (S/m)",
        " ± ",
        "ionic conductivity of Li6PS5Cl",
        "sha256:",
        "particle",
        "voxion run one.toml --fields one.h5 --quiet\nvoxion report one.h5 -o report.html",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
}

#[test]
fn the_pages_of_stress_and_of_an_electrode_show_how_their_fields_are_distributed() {
    let folder = folder("");
    let layers: Vec<u8> = (0..512).map(|voxel| u8::from(voxel < 192)).collect();
    fs::write(folder.path().join("layers.raw"), layers).unwrap();
    let phases = "[volume]\npath = \"layers.raw\"\nshape = [8, 8, 8]\nvoxel_size = \"1 um\"\n[phases.film]\nlabel = 1\n\
                  conductivity = \"1 S/m\"\n[phases.base]\nlabel = 0\nconductivity = \"2 S/m\"\n[run]\nbackend = \"host\"\n";
    let stress = "[stress]\nhold = \"clamped\"\n[stress.phases.film]\nyoung = \"10 GPa\"\npoisson = 0.25\neigenstrain = 0.01\n\
                  [stress.phases.base]\nyoung = \"20 GPa\"\npoisson = 0.25\n";
    fs::write(
        folder.path().join("stress.toml"),
        format!("{phases}{stress}"),
    )
    .unwrap();
    voxion(folder.path(), "run stress.toml --fields stress.h5 --quiet").success();
    fs::write(folder.path().join("work.toml"), COMPOSITE).unwrap();
    voxion(folder.path(), "run work.toml --fields work.h5 --quiet").success();
    for (name, plots, words) in [
        (
            "stress",
            3,
            [
                "Stress in layers.raw",
                "von Mises stress (Pa)",
                "<td>film</td>",
                "<td>base</td>",
            ],
        ),
        (
            "work-electrode",
            1,
            [
                "Reaction in",
                "reaction current (A/m3)",
                "<td>carbon</td>",
                "voxels of the phase (%)",
            ],
        ),
    ] {
        let page = format!("{name}.html");
        voxion(folder.path(), &format!("report {name}.h5 -o {page}")).success();
        let page = fs::read_to_string(folder.path().join(page)).unwrap();
        check_closed(&page).unwrap();
        check_nested(&page).unwrap();
        for words in words {
            assert!(page.contains(words), "{name}: {words}\n{page}");
        }
        assert_eq!(page.matches("<svg ").count(), plots, "{name}");
    }
}

#[test]
fn what_is_no_result_is_refused_with_a_sentence() {
    let folder = folder(PELLETS);
    let said = stderr(&voxion(folder.path(), "report study.toml").code(2));
    assert!(
        said.contains("give a file of `voxion study merge`"),
        "{said}"
    );
    let said = stderr(&voxion(folder.path(), "report nothing.h5").code(2));
    assert!(said.contains("cannot use nothing.h5"), "{said}");
}

/// Values over that of the first are made from those of the study, and what was measured stands beside them.
#[test]
fn measured_values_over_the_first_stand_beside_computed_ones() {
    let measured = "\n[[measured]]\nresult = \"relative_to_first\"\nat = [0, 40]\nvalues = [1, 1.5]\nsource = \"a book\"\n";
    let text = PELLETS.replace("[[parameter]]\nkey", "[vary]\nparameter") + measured;
    let folder = folder(&text);
    voxion(folder.path(), "study run study.toml --quiet").success();
    voxion(folder.path(), "study merge study.toml").success();
    voxion(folder.path(), "report study.h5 -o page.html").success();
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let (table, _) = merge::read(&folder.path().join("study.h5"))
        .unwrap()
        .unwrap();
    let own = table
        .columns
        .iter()
        .find(|column| column.name == "effective_conductivity");
    let Some(Values::Numbers(found)) = own.map(|column| &column.values) else {
        panic!("conductivities are numbers");
    };
    // Two seeds each of 0, 20 and 40 cycles.
    let mean = |first: usize| 0.5 * (found[first] + found[first + 1]);
    let deviation = (found[4] - found[5]).abs() / 2f64.sqrt();
    let wanted = |first: usize| {
        let shown = with_bound(mean(4) / mean(first), deviation / mean(first));
        format!("cycles = 40: {shown} of the first")
    };
    assert!(page.contains(&wanted(0)), "{}", wanted(0));
    assert!(!page.contains(&wanted(2)), "over the second");
    for words in [
        "effective conductivity over that at 0 against cycles",
        "measured: a book",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // A study of something else says why nothing is compared.
    let study = "[study]\nbase = \"base.toml\"\n\n[[parameter]]\nkey = \"transport.temperature\"\nvalues = [\"25 C\", \"60 C\"]\n";
    let base = text[text.find("[vary]").unwrap()..].to_owned();
    fs::write(folder.path().join("base.toml"), base).unwrap();
    fs::write(folder.path().join("other.toml"), study).unwrap();
    voxion(folder.path(), "study run other.toml --quiet").success();
    voxion(folder.path(), "study merge other.toml").success();
    voxion(folder.path(), "report other.h5 -o other.html").success();
    let page = fs::read_to_string(folder.path().join("other.html")).unwrap();
    assert!(page.contains("it belongs to values of generate.cycles"));
    // Numbers at a temperature are as short as they are read, and those of a phase stand together.
    let lines: Vec<&str> = page
        .split("<li>")
        .filter(|line| line.contains(" S/m, "))
        .collect();
    let names: Vec<&str> = lines
        .iter()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(names, ["particle", "particle", "coating", "coating"]);
    let value = |line: &&str| line.split([' ']).nth(1).unwrap().len();
    assert!(lines.iter().all(|line| value(line) <= 10), "{lines:?}");
}

#[test]
fn a_parameter_that_changes_nothing_is_told() {
    let idle = "[[parameter]]\nkey = \"phases.coating.conductivity\"\nvalues = [\"1 mS/cm\", \"2 mS/cm\"]\n\n[generate]\n";
    let page = |text: &str| {
        let folder = folder(text);
        voxion(folder.path(), "study run study.toml --quiet").success();
        voxion(folder.path(), "study merge study.toml").success();
        voxion(folder.path(), "report study.h5 -o page.html").success();
        fs::read_to_string(folder.path().join("page.html")).unwrap()
    };
    let told = "phases.coating.conductivity changes no result";
    // Without cycles there is no coating.
    let bare = PELLETS.replace("[generate]\n", idle);
    assert!(page(&bare.replace("[0, 20, 40]", "[0]")).contains(told));
    let coated = page(&bare);
    assert!(!coated.contains(told) && !coated.contains("generate.cycles changes"));
}

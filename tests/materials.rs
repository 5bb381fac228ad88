//! Does a scenario that names a material get the library's value, at its temperature, and does it say so?

use voxion::scenario::Scenario;

fn scenario(phase: &str, transport: &str) -> Result<Scenario, String> {
    let text = format!(
        "[volume]\npath = \"a.h5\"\n[phases.film]\nlabel = 0\n{phase}\n[phases.rest]\nlabel = 1\nconductivity = 0\n\
         [transport]\n{transport}\n"
    );
    Scenario::parse(&text).map_err(|error| error.to_string())
}

/// Conductivity in S/m and the sentence about it.
fn film(phase: &str, transport: &str) -> (f64, Option<String>) {
    let scenario = scenario(phase, transport).unwrap_or_else(|e| panic!("{e}"));
    (
        scenario.phases[0].conductivity.value,
        scenario.phases[0].origin(),
    )
}

#[test]
fn a_phase_has_the_conductivity_of_its_material() {
    let (value, origin) = film("material = \"LiPON\"", "");
    assert!((value - 2.3e-4).abs() < 1e-16, "{value}");
    assert_eq!(
        origin.unwrap(),
        "ionic conductivity of LiPON at 25 C (Nano-Micro Lett. 15:73 (2023); paper)"
    );
    let (value, _) = film("material = \"graphene\"", "carrier = \"electronic\"");
    assert!((value - 1e5).abs() < 1e-9, "{value}");
}

#[test]
fn temperature_follows_arrhenius_for_ions_alone() {
    let (warm, origin) = film("material = \"LiPON\"", "temperature = \"60 C\"");
    // exp(-0.55 eV / kB (1/333.15 K - 1/298.15 K)) = 9.478.
    assert!((warm / 2.3e-4 - 9.478).abs() < 2e-3, "{warm}");
    assert!(origin.unwrap().contains("at 60 C, activated by 0.55 eV"));
    let (kelvin, _) = film("material = \"LiPON\"", "temperature = \"333.15 K\"");
    assert!((kelvin / warm - 1.0).abs() < 1e-12);
    let (electrons, origin) = film(
        "material = \"LiPON\"",
        "temperature = \"60 C\"\ncarrier = \"electronic\"",
    );
    assert!((electrons - 1e-11).abs() < 1e-20, "{electrons}");
    assert!(origin.unwrap().contains("LiPON at 25 C ("));
}

#[test]
fn a_value_of_its_own_overrides_the_library_and_says_so() {
    let (value, origin) = film("material = \"LiPON\"\nconductivity = \"1 mS/cm\"", "");
    assert!((value - 0.1).abs() < 1e-12);
    assert_eq!(
        origin.unwrap(),
        "conductivity given here, in place of LiPON's"
    );
    assert_eq!(film("conductivity = \"1 mS/cm\"", "").1, None);
}

#[test]
fn what_the_library_does_not_have_is_told_at_its_line() {
    for (phase, transport, words) in [
        (
            "material = \"LiPOM\"",
            "",
            "line 5: \"material\" is \"LiPOM\"; did you mean \"LiPON\"?",
        ),
        (
            "material = \"Li\"",
            "",
            "line 5: the library has no ionic conductivity of Li",
        ),
        (
            "material = \"LiPON\"",
            "temperature = \"60 nm\"",
            "line 10: temperature: \"nm\" is the unit of a length",
        ),
        (
            "material = \"LiPON\"",
            "temperature = 60",
            "line 10: temperature: 60 has no unit",
        ),
        (
            "material = \"LiPON\"",
            "carrier = \"ion\"",
            "line 10: \"carrier\" is \"ion\"; did you mean \"ionic\"?",
        ),
        ("", "", "needs the key \"conductivity\""),
    ] {
        let found = scenario(phase, transport).unwrap_err();
        assert!(found.contains(words), "{found}");
    }
}
